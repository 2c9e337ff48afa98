/** `holdfast doctor`: which engines are available on this machine, and how to get the others. */
import { Command } from 'commander'
import { machineFacts } from '../harness/compare/machine.ts'
import type { StartContainersOptions } from '../harness/engines/containers/start.ts'
import { startContainers } from '../harness/engines/containers/start.ts'
import type { Engine, EngineKind } from '../harness/engines/engine.ts'
import { type EngineReport, inspectEngines } from '../harness/engines/inspect.ts'
import { whyUnfit } from '../harness/ground/fit.ts'
import { formatSpan } from '../harness/report/format.ts'
import type { NotProven } from '../harness/results/strategies.ts'
import { registry } from '../strategies/registry.ts'
import { ENGINE_SOURCES, parseChoice } from './arguments.ts'
import type { Context } from './context.ts'
import { listenForEnding } from './ending.ts'
import { EXIT, EXIT_BY_SIGNAL } from './exit-codes.ts'
import type { Sink } from './output.ts'
import { printProbe } from './probe-table.ts'
import { SUMMARIES } from './summaries.ts'

interface DoctorOptions {
  readonly json?: true
  readonly engines?: string
  readonly probe?: true
}

export function doctorCommand({ output: { out, err }, env, engines: kinds, finish }: Context): Command {
  return new Command('doctor')
    .description(SUMMARIES.doctor.about)
    .option('--probe', 'tries on each server what strategies rely on: locks, isolation, clock')
    .option('--json', 'as JSON')
    .option('--engines <where>', `${ENGINE_SOURCES.join(' or ')} (default: ${ENGINE_SOURCES[0]})`)
    .action(async ({ json, engines: where, probe }: DoctorOptions) => {
      const source = parseChoice(where ?? ENGINE_SOURCES[0], '--engines', ENGINE_SOURCES)
      using ending = listenForEnding(() => undefined)
      const machine = machineFacts()
      const options = { log: (line: string) => err.write(`${line}\n`), signal: ending.signal }
      await using containers =
        source === 'containers'
          ? await startContainers(kinds, { ...options, ...oneOfEach(kinds), durability: 'durable', env })
          : undefined
      const from = containers?.given
      const refused: NotProven[] = []
      const engines = await inspectEngines(env, {
        ...options,
        kinds,
        ...(from && { from }),
        ...(probe === true && {
          probes: true,
          whileOpen: (engine: Engine) => refused.push(...refusedOn(engine)),
        }),
      })
      const cause = ending.cause()
      if (cause !== undefined) {
        finish(EXIT_BY_SIGNAL[cause])
        return
      }
      if (json) {
        const found = { machine, engines, ...(probe === true && { refused }) }
        out.write(`${JSON.stringify(found, undefined, 2)}\n`)
      } else {
        out.write(`Node ${machine.node} on ${machine.os}\n`)
        out.write(`${machine.cpu}, ${machine.cores} cores, ${machine.memoryGib} GiB\n`)
        for (const report of engines) printReport(out, report, refused)
      }
      const isReady = engines.every((report) => report.state === 'ready') && refused.length === 0
      finish(isReady ? EXIT.asPromised : EXIT.notProven)
    })
}

function printReport(out: Sink, report: EngineReport, refused: readonly NotProven[]): void {
  if (report.state !== 'ready') {
    out.write(`${out.paint('bad', 'NOT PROVEN')}  ${report.engine}: ${report.missing} [${report.code}]\n`)
    out.write(`       to fix it: ${report.remedy}\n`)
    return
  }
  out.write(`${out.paint('good', 'ready')}  ${report.described}\n`)
  out.write(`       started in ${formatSpan(report.startMs)}, stopped in ${formatSpan(report.stopMs)}\n`)
  if (report.probed !== undefined) printProbe(out, report.probed, refused)
}

/** The strategies that this server is found not to bear, because of what a probe of it found. */
function refusedOn(engine: Engine): readonly NotProven[] {
  if (engine.probe === undefined) return []
  return registry.flatMap((entry) => {
    if (!entry.engines.includes(engine.name)) return []
    const unfit = whyUnfit(entry, { [engine.name]: engine })
    return unfit === undefined ? [] : [{ strategy: entry.name, why: unfit.why, remedy: unfit.remedy }]
  })
}

/** One server of each engine shows whether it is available. */
function oneOfEach(kinds: readonly EngineKind[]): Pick<StartContainersOptions, 'servers'> {
  return { servers: Object.fromEntries(kinds.map(({ name }) => [name, 1])) }
}
