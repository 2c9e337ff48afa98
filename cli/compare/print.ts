/** Prints the plan and the results of a comparison. */
import path from 'node:path'
import { type ComparisonPlan, plannedMs, rounds } from '../../harness/compare/plan.ts'
import type { OpenedEngines } from '../../harness/engines/open.ts'
import { describeEngines } from '../../harness/engines/open.ts'
import type { FaultPlan } from '../../harness/faults/struck-trial.ts'
import { caveatLines, firstOffence, verdictLines } from '../../harness/report/answer.ts'
import { counted, formatCount, formatFigure, formatSpan, listed } from '../../harness/report/format.ts'
import { networkLine } from '../../harness/report/network.ts'
import { percentileOf } from '../../harness/report/samples.ts'
import { convictionsOf, strategiesOf } from '../../harness/report/standing.ts'
import { legendOf, renderTables } from '../../harness/report/table.ts'
import type { Paint } from '../../harness/report/tone.ts'
import { faultLines } from '../../harness/report/trial-faults.ts'
import type { Results } from '../../harness/results/results.ts'
import type { Trial } from '../../harness/results/trial.ts'
import { quoted } from '../context.ts'
import type { Sink } from '../output.ts'

export function printPlan(sink: Sink, plan: ComparisonPlan, { engines, missing }: OpenedEngines): void {
  for (const line of describeEngines(engines)) sink.write(`${line}\n`)
  const absent = missing.map((each) => each.name)
  if (plan.strategies.every((entry) => entry.engines.some((name) => absent.includes(name)))) return
  const all = rounds(plan)
  const trials = all.reduce((sum, round) => sum + round.strategies.length, 0)
  const names = new Set(all.map((round) => round.workload))
  const kinds = plan.strategies.length === 1 ? '1 strategy' : `${plan.strategies.length} strategies`
  sink.write(
    `Seed ${plan.seed}. Pool of ${plan.poolSize}. First the control, then ${kinds} on ${counted(names.size, 'workload')}: `,
  )
  if (plan.networkLatencyMs !== undefined)
    sink.write(`${plan.networkLatencyMs} ms added to each round trip between strategies and engines; `)
  sink.write(`${counted(trials, 'trial')}, about ${formatSpan(plannedMs(plan))}.\n`)
}

/** Which fault, and whom it cannot happen to. */
export function printFault(sink: Sink, { fault, notFor }: FaultPlan): void {
  sink.write(`Fault in each trial but the control's: ${fault.name}. ${fault.does}\n`)
  for (const [why, all] of Map.groupBy(notFor, (each) => each.why))
    sink.write(`It does not apply to ${listed(all.map(({ strategy }) => strategy))}: ${why}.\n`)
}

export function printResults(
  out: Sink,
  results: Results,
  where: { readonly folder: string; readonly program: string },
): void {
  const { paint } = out
  if (results.trials.length > 0) {
    const how = { paint, columnsMax: out.columns }
    out.write(`\n${renderTables(results, how)}\n\n${paint('quiet', legendOf(results, how))}\n`)
  }

  out.write('\n')
  const width = Math.max(0, ...strategiesOf(results).map((name) => name.length))
  for (const { strategy, text } of verdictLines(results)) out.write(`${strategy.padEnd(width)}  ${text}\n`)
  for (const line of openLoopLines(results)) out.write(`${line}\n`)
  for (const line of faultLines(results)) out.write(`${line}\n`)
  const network = networkLine(results)
  if (network !== undefined) out.write(`\n${network}\n`)
  for (const line of caveatLines(results)) out.write(`${paint('doubtful', 'Note')}: ${line}\n`)

  if (results.explorations !== undefined) out.write(`\n${proofsLine(results.explorations)}\n`)
  // What was asked for comes first, and the control, which shows that it could be caught, last.
  for (const trial of firstOfEach(convictionsOf(results))) {
    out.write(`\n${titleOf(trial, results, paint)}\n`)
    out.write(`\n${firstOffence(trial.conviction ?? '')}\n${checkAgain(trial.historyFile, where)}`)
  }
  printControl(out, results, where)
}

/** The first conviction of each strategy; the results contain all. */
function firstOfEach(trials: readonly Trial[]): readonly Trial[] {
  return [...Map.groupBy(trials, ({ strategy }) => strategy).values()].flatMap((all) => all.slice(0, 1))
}

function titleOf(
  { strategy, workload, concurrency, asPromised }: Trial,
  { settings: { fault } }: Results,
  paint: Paint,
): string {
  const where = `on ${workload} with ${counted(concurrency, 'caller')}`
  if (!asPromised) return paint('bad', `${strategy} broke its promise ${where}`)
  const why = fault === undefined ? 'as it is declared unsafe' : `as predicted of ${fault.name}`
  return paint('strong', `How ${strategy} was convicted ${where}, ${why}`)
}

/** A line for each trial of an open loop; percentiles that its waits do not carry are dashes. */
function openLoopLines({ trials }: Results): readonly string[] {
  return trials.flatMap(({ strategy, workload, repeat, openLoop }) => {
    if (openLoop === undefined) return []
    const { perSecond, intended, began, waitMs } = openLoop
    const waits = (['p50', 'p95', 'p99'] as const).map((place) => {
      const value = percentileOf(waitMs, place)
      return `${place} ${value === undefined ? '–' : `${formatFigure(value)} ms`}`
    })
    return [
      `${strategy} on ${workload}, repeat ${repeat}, ${formatCount(perSecond)} buyers per second: ${formatCount(began)} of ${formatCount(intended)} began in time; from when they meant to begin ${waits.join(', ')}, n = ${formatCount(waitMs.count)}`,
    ]
  })
}

function printControl(
  out: Sink,
  { control }: Results,
  where: { readonly folder: string; readonly program: string },
): void {
  if (!control.caught) {
    out.write(`\n${out.paint('bad', 'THE CONTROL WAS NOT CAUGHT')}: ${control.conviction}\n`)
    return
  }
  const title = `How the control, ${control.strategy}, was caught on ${control.workload}`
  out.write(`\n${out.paint('strong', title)}\n`)
  out.write(`\n${firstOffence(control.conviction)}\n${checkAgain(control.historyFile, where)}`)
}

function checkAgain(
  file: string | undefined,
  { folder, program }: { readonly folder: string; readonly program: string },
): string {
  if (file === undefined) return ''
  return `\nFull output: ${program} check ${quoted(path.join(folder, file))}\n`
}

/** The result of the exploration in one sentence. */
function proofsLine(explorations: NonNullable<Results['explorations']>): string {
  const named = (outcome: (typeof explorations)[number]['outcome']) =>
    explorations.filter((each) => each.outcome === outcome).map(({ strategy }) => strategy)
  const parts = [
    `${named('proved').length} of ${explorations.length} proved within this scope`,
    ...(named('violated').length > 0 ? [`violated by ${listed(named('violated'))}`] : []),
    ...(named('unknown').length > 0 ? [`not proven for ${listed(named('unknown'))}`] : []),
  ]
  return `Every interleaving of two clients who request the last unit: ${parts.join('; ')}. "holdfast explore" shows more.`
}
