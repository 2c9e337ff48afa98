/** One load test, from the options to the exit code. */
import type { Command } from 'commander'
import { commitOfCheckout, machineFacts } from '../../harness/compare/machine.ts'
import type { OpenedEngines } from '../../harness/engines/open.ts'
import { describeEngines, engineResults } from '../../harness/engines/open.ts'
import { controlEntry } from '../../harness/entries/control.ts'
import { type K6Program, locateK6 } from '../../harness/load/k6-program.ts'
import { RESULTS_FORMAT, RESULTS_VERSION } from '../../harness/results/constants.ts'
import type { Control } from '../../harness/results/control.ts'
import type { Results } from '../../harness/results/results.ts'
import { resultsText } from '../../harness/results/write.ts'
import { freeStamp } from '../../harness/save.ts'
import { type Context, engineNames } from '../context.ts'
import { type Ending, listenForEnding } from '../ending.ts'
import { openFor } from '../engines.ts'
import { EXIT_BY_SIGNAL } from '../exit-codes.ts'
import { refuseUnwritable, typed } from '../options.ts'
import type { LoadOptions } from './options.ts'
import { type LoadOrder, orderOf } from './order.ts'
import { exitOf, print, save } from './outcome.ts'
import { controlled, type Loaded, loaded, loaderOf } from './trials.ts'

export async function run(options: LoadOptions, command: Command, context: Context): Promise<void> {
  const { out, err } = context.output
  const order = await orderOf(options, engineNames(context))
  await refuseUnwritable(options.out)
  const stamp = await freeStamp(options.out, new Date())

  using ending = listenForEnding((signal) =>
    err.write(`\n${signal}: stopping; what was measured so far is saved\n`),
  )
  const k6 = await foundK6(context, ending)
  if (k6 === undefined) return
  await using opened = await openFor(
    [controlEntry(), ...order.entries],
    { durability: order.durability },
    context,
    ending.signal,
  )
  const signal = AbortSignal.any([ending.signal, opened.lost])
  // With --json, stdout is for the results alone.
  const sink = options.json ? err : out
  for (const line of describeEngines(opened.engines)) sink.write(`${line}\n`)
  sink.write(`k6 ${k6.version} (${k6.source})\n`)

  const startedAt = new Date().toISOString()
  const one = loaderOf(order, opened, { k6, err, signal })
  const control = await controlled(one)
  const measured = await loaded(one, order, signal)
  const { breaches } = measured
  const results: Results = {
    ...(await resultsOf(order, opened, control, measured)),
    startedAt,
    command: ['holdfast', 'load', ...typed(command)].join(' '),
    interrupted: signal.aborted,
  }
  if (options.json) out.write(resultsText(results))
  else print(out, results, breaches)
  context.finish(
    exitOf(results, breaches, { isNamed: options.strategy !== undefined, cause: ending.cause() }),
  )
  const files = await save(results, options.out, stamp)
  if (files.length > 0) sink.write(`\nWritten: ${files.join(', ')}\n`)
  opened.lost.throwIfAborted()
}

/** Undefined if the search was interrupted. */
async function foundK6(
  { env, output: { err }, finish }: Context,
  ending: Ending,
): Promise<K6Program | undefined> {
  const log = (line: string): void => err.write(`${line}\n`)
  try {
    return await locateK6({ env, log, signal: ending.signal, mayFetch: true })
  } catch (error) {
    const cause = ending.cause()
    if (cause === undefined) throw error
    finish(EXIT_BY_SIGNAL[cause])
    return undefined
  }
}

async function resultsOf(
  { plan, poolSize, criticalSectionMs, networkLatencyMs }: LoadOrder,
  { engines }: OpenedEngines,
  control: Control,
  { trials, notProven }: Loaded,
): Promise<Omit<Results, 'startedAt' | 'command' | 'interrupted'>> {
  const commit = await commitOfCheckout()
  return {
    format: RESULTS_FORMAT,
    version: RESULTS_VERSION,
    finishedAt: new Date().toISOString(),
    seed: 0,
    machine: machineFacts(),
    ...(commit !== undefined && { commit }),
    engines: engineResults(engines),
    settings: {
      durationMs: plan.stepMs,
      warmupMs: 0,
      repeats: 1,
      concurrency: [plan.vus],
      workloads: [...new Set(trials.map(({ workload }) => workload))],
      poolSize,
      criticalSectionMs,
      ...(networkLatencyMs !== undefined && { networkLatencyMs }),
    },
    control,
    trials,
    notProven,
  }
}
