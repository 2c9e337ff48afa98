/** One comparison, from the options to the exit code. */
import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { compare } from '../../harness/compare/compare.ts'
import { commitOfCheckout } from '../../harness/compare/machine.ts'
import type { ComparisonPlan } from '../../harness/compare/plan.ts'
import type { OpenedEngines } from '../../harness/engines/open.ts'
import { engineResults } from '../../harness/engines/open.ts'
import { CONTROL_WORKLOAD, controlFor } from '../../harness/entries/control.ts'
import { type FaultPlan, runStruckTrial, whyNotStrikable } from '../../harness/faults/struck-trial.ts'
import { whyUnfit } from '../../harness/ground/fit.ts'
import { type Live, LiveError, openLive } from '../../harness/live/server.ts'
import { withOptional } from '../../harness/optional-packages.ts'
import type { Sample } from '../../harness/performance/sampler.ts'
import { answer } from '../../harness/report/answer.ts'
import { publishedFaultTable } from '../../harness/results/published-faults.ts'
import type { Results } from '../../harness/results/results.ts'
import { withSurvival } from '../../harness/results/survives.ts'
import { resultsText } from '../../harness/results/write.ts'
import { freeStamp } from '../../harness/save.ts'
import type { TrialSettings } from '../../harness/trial/settings.ts'
import { runTrial } from '../../harness/trial/trial.ts'
import { workloadNamed } from '../../harness/workloads/registry.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'
import { PORT, parseWhole } from '../arguments.ts'
import { ofResults } from '../ci/build-check.ts'
import { refuseUnwritableJunit, reportToCi } from '../ci/report-to-ci.ts'
import { type Context, stacksWanted } from '../context.ts'
import { type Ending, listenForEnding } from '../ending.ts'
import { openFor } from '../engines.ts'
import { printNotProven } from '../not-proven.ts'
import { refuseUnwritable, typed } from '../options.ts'
import { progressTo } from '../progress.ts'
import { rethrowAsUsage } from '../usage.ts'
import { excused, exitOf } from './exit.ts'
import { legible, runFaultOf } from './fault.ts'
import { latenciesAt } from './latencies.ts'
import { type CompareOptions, isTour } from './options.ts'
import { type CompareOrder, orderOf } from './order.ts'
import { printFault, printPlan, printResults } from './print.ts'
import { withProofs } from './proofs.ts'
import { historyKeeper, save } from './save.ts'

export async function run(options: CompareOptions, command: Command, context: Context): Promise<void> {
  const { out, err } = context.output
  // Wrong usage is reported before anything is started.
  const order = await orderOf(options, context)
  const { plan, processes } = order
  await refuseUnwritable(options.out)
  await refuseUnwritableJunit(options)
  const stamp = await freeStamp(options.out, new Date())

  await using live = await liveView(options, plan)
  using ending = listenForEnding((signal) =>
    err.write(`\n${signal}: stopping; what was measured so far is saved\n`),
  )
  await using opened = await openNeeded(order, context, ending)
  const signal = AbortSignal.any([ending.signal, opened.lost])
  // With --json, stdout is for the results alone.
  const sink = options.json ? err : out
  printPlan(sink, plan, opened)
  if (order.fault !== undefined) printFault(sink, order.fault)
  if (processes > 1)
    sink.write(`${processes} processes share the callers and the connection pool of each trial.\n`)
  if (live !== undefined) sink.write(`Live: ${live.url}\n`)
  const measured = await played(order, opened, {
    keepHistory: historyKeeper(options, stamp),
    live,
    saveTo: { out: options.out, stamp },
    signal,
    command: commandOf(command, plan.seed),
    context,
  })
  const results = isTour(options) ? await withProofs(measured, plan, opened, { err, signal }) : measured

  if (options.json) out.write(resultsText(results))
  else printResults(out, results, { folder: options.out, program: context.program })
  await reportToCi(options, { command: 'compare', judgements: ofResults(results) }, context)
  context.finish(exitOf(results, ending.cause(), excused(options, plan, opened, context.env)))
  const { files, page, notDrawn } = await save(results, options, stamp)
  if (files.length > 0) sink.write(`\nWritten: ${files.join(', ')}\n`)
  if (notDrawn !== undefined) sink.write(`No report page: ${notDrawn}\n`)
  if (!options.json) out.write(`\n${answer(results)}\n`)
  // Last, so that it is not overlooked.
  printNotProven(sink, results.notProven)
  await live?.finish(
    page === undefined
      ? { over: notDrawn ?? 'Nothing was measured.' }
      : { report: await readFile(page, 'utf8') },
  )
  opened.lost.throwIfAborted()
}

/** Opened before anything is run, so that a port in use does not cost a run. */
async function liveView({ live }: CompareOptions, plan: ComparisonPlan): Promise<Live | undefined> {
  if (live === undefined) return undefined
  const port = live === true ? 0 : parseWhole(live, '--live', PORT)
  return await openLive(plan, { port }).catch(rethrowAsUsage(LiveError, '--live: '))
}

/** The engines that the strategies and the control need. */
async function openNeeded(
  { plan, engines, fault }: CompareOrder,
  context: Context,
  { signal }: Ending,
): Promise<OpenedEngines> {
  const entries = [controlFor(plan.strategies), ...plan.strategies]
  const opened = await openFor(entries, engines, fault === undefined ? context : legible(context), signal)
  if (!signal.aborted) {
    for (const { name, why } of opened.missing) context.output.err.write(`${name} is not available: ${why}\n`)
  }
  return opened
}

interface Playing {
  readonly keepHistory: ReturnType<typeof historyKeeper>
  readonly live: Live | undefined
  /** Where further files of trials are saved. */
  readonly saveTo: { readonly out: string; readonly stamp: string }
  readonly signal: AbortSignal
  readonly command: string
  readonly context: Context
}

/** Runs every trial of the plan and reports progress. */
async function played(
  { plan, processes, rate, fault }: CompareOrder,
  { engines, missing }: OpenedEngines,
  { keepHistory, live, signal, command, context, saveTo }: Playing,
): Promise<Results> {
  const control = controlFor(plan.strategies)
  const progress = progressTo(context.output.err, plan, { stacks: stacksWanted(context.env) })
  const results = await compare(plan, {
    async runTrial(entry, { workload, ...order }) {
      const settings = {
        processes,
        ...order,
        workload: workloadNamed(workload),
        ...(live !== undefined && { onSample: (sample: Sample) => live.sample(sample) }),
      }
      const run = (given: TrialSettings) => {
        const strike = entry === control ? undefined : fault?.struck.get(entry.name)
        return fault === undefined || strike === undefined
          ? runTrial(entry, engines, given)
          : runStruckTrial(entry, engines, given, { fault: fault.fault, plan: strike })
      }
      // At a low rate nobody would collide, and the control would not be caught.
      if (rate === undefined || entry === control) return await run(settings)
      const latencies = await withOptional(() => latenciesAt(rate, saveTo))
      const result = await run({ ...settings, openLoop: latencies.openLoop })
      const openLoop = await latencies.finished(result.trial, order.durationMs)
      return { ...result, trial: { ...result.trial, openLoop } }
    },
    engines: engineResults(engines),
    missing,
    unfit: (entry) => whyUnfit(entry, engines) ?? whyUnstruck(fault, entry, engines),
    control: { entry: control, workload: CONTROL_WORKLOAD },
    keepHistory,
    onEvent: (event) => {
      progress.onEvent(event)
      live?.onEvent(event)
    },
    signal,
    command,
    commit: await commitOfCheckout(),
  })
  progress.end()
  const settings = {
    ...results.settings,
    ...(rate !== undefined && { ratePerSecond: rate }),
    ...(fault !== undefined && { fault: runFaultOf(fault) }),
  }
  return withSurvival({ ...results, settings }, await publishedFaultTable())
}

function whyUnstruck(
  plan: FaultPlan | undefined,
  { name }: StrategyEntry,
  engines: OpenedEngines['engines'],
) {
  const strike = plan?.struck.get(name)
  return plan === undefined || strike === undefined
    ? undefined
    : whyNotStrikable(plan.fault, strike.subject, engines)
}

/** The command line that repeats this run, including the seed. */
function commandOf(command: Command, seed: number): string {
  const given = typed(command)
  const seeded = given.some((argument) => argument === '--seed' || argument.startsWith('--seed='))
  return ['holdfast', 'compare', ...given, ...(seeded ? [] : ['--seed', String(seed)])].join(' ')
}
