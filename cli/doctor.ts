/** `holdfast doctor`: which engines are available on this machine, and how to get the others. */
import { Command } from 'commander'
import { machineFacts } from '../harness/compare/machine.ts'
import type { StartContainersOptions } from '../harness/engines/containers/start.ts'
import { startContainers } from '../harness/engines/containers/start.ts'
import type { EngineKind } from '../harness/engines/engine.ts'
import { inspectEngines } from '../harness/engines/inspect.ts'
import { formatSpan } from '../harness/report/format.ts'
import { ENGINE_SOURCES, parseChoice } from './arguments.ts'
import type { Context } from './context.ts'
import { listenForEnding } from './ending.ts'
import { EXIT, EXIT_BY_SIGNAL } from './exit-codes.ts'
import { SUMMARIES } from './summaries.ts'

export function doctorCommand({ output: { out, err }, env, engines: kinds, finish }: Context): Command {
  return new Command('doctor')
    .description(SUMMARIES.doctor.about)
    .option('--json', 'as JSON')
    .option('--engines <where>', `${ENGINE_SOURCES.join(' or ')} (default: ${ENGINE_SOURCES[0]})`)
    .action(async ({ json, engines: where }: { readonly json?: true; readonly engines?: string }) => {
      const source = parseChoice(where ?? ENGINE_SOURCES[0], '--engines', ENGINE_SOURCES)
      using ending = listenForEnding(() => undefined)
      const machine = machineFacts()
      const options = { log: (line: string) => err.write(`${line}\n`), signal: ending.signal }
      await using containers =
        source === 'containers'
          ? await startContainers(kinds, { ...options, ...oneOfEach(kinds), durability: 'durable', env })
          : undefined
      const from = containers?.given
      const engines = await inspectEngines(env, { ...options, kinds, ...(from && { from }) })
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
            out.write(
              `${out.paint('bad', 'NOT PROVEN')}  ${report.engine}: ${report.missing} [${report.code}]\n`,
            )
            out.write(`       to fix it: ${report.remedy}\n`)
          }
        }
      }
      finish(engines.every((report) => report.state === 'ready') ? EXIT.asPromised : EXIT.notProven)
    })
}

/** One server of each engine shows whether it is available. */
function oneOfEach(kinds: readonly EngineKind[]): Pick<StartContainersOptions, 'servers'> {
  return { servers: Object.fromEntries(kinds.map(({ name }) => [name, 1])) }
}
