/** `holdfast doctor`: what can be put to the test on this machine, and what would mend the rest. */
import { Command } from 'commander'
import { machineFacts } from '../compare/machine.ts'
import { inspectEngines } from '../engines/ladder.ts'
import { formatSpan } from '../report/format.ts'
import type { Context } from './context.ts'
import { listenForEnding } from './ending.ts'
import { EXIT, EXIT_BY_SIGNAL } from './exit-codes.ts'

export function doctorCommand({ output: { out, err }, env, finish }: Context): Command {
  return new Command('doctor')
    .description('starts every engine, says where it comes from, and how to mend what is missing')
    .option('--json', 'as JSON')
    .action(async ({ json }: { readonly json?: true }) => {
      using ending = listenForEnding(() => undefined)
      const machine = machineFacts()
      const engines = await inspectEngines(env, {
        log: (line) => err.write(`${line}\n`),
        signal: ending.signal,
      })
      const cause = ending.cause()
      if (cause !== undefined) {
        finish(EXIT_BY_SIGNAL[cause])
        return
      }
      if (json) {
        out.write(`${JSON.stringify({ machine, engines }, undefined, 2)}\n`)
      } else {
        out.write(`Node ${machine.node} on ${machine.os}\n`)
        out.write(`${machine.cpu}, ${machine.cores} cores, ${machine.memoryGib} GiB\n`)
        for (const report of engines) {
          if (report.state === 'ready') {
            out.write(`${out.paint('good', 'ready')}  ${report.described}\n`)
            out.write(
              `       started in ${formatSpan(report.startMs)}, stopped in ${formatSpan(report.stopMs)}\n`,
            )
          } else {
            out.write(`${out.paint('bad', 'NOT PROVEN')}  ${report.engine}: ${report.missing}\n`)
            out.write(`       mend it with: ${report.remedy}\n`)
          }
        }
      }
      finish(engines.every((report) => report.state === 'ready') ? EXIT.asPromised : EXIT.notProven)
    })
}
