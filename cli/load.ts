/** `holdfast load`: k6 against the service over one strategy after another, audited from outside. */
import path from 'node:path'
import { Command } from 'commander'
import { commitOfCheckout, machineFacts } from '../harness/compare/machine.ts'
import { describeEngines, engineResults, openEngines } from '../harness/engines/engines.ts'
import type { Durability } from '../harness/engines/postgres.ts'
import { unknownName } from '../harness/entries/did-you-mean.ts'
import { strategyNamed } from '../harness/entries/strategy-named.ts'
import { UsageError } from '../harness/entries/usage-error.ts'
import { reasonOf } from '../harness/errors.ts'
import { type K6Program, locateK6 } from '../harness/load/k6-program.ts'
import { type LoadedOne, loadOne } from '../harness/load/load-one.ts'
import { type PlannedLoad, PROFILES, plannedLoad } from '../harness/load/profiles.ts'
import { renderLoadTable } from '../harness/load/table.ts'
import type { Control, Results, Trial } from '../harness/report/results.ts'
import { freeStamp, proveWritable, SaveError, saveWhole } from '../harness/report/save.ts'
import { registry, type StrategyEntry } from '../strategies/registry.ts'
import type { EngineName } from '../strategies/strategy.ts'
import {
  type Bounds,
  POOL,
  parseChoice,
  parseDurationMs,
  parseList,
  parseWhole,
  parseWholeList,
  WORK_INSIDE_MS,
} from './arguments.ts'
import { type Context, quoted } from './context.ts'
import { listenForEnding } from './ending.ts'
import { EXIT, EXIT_BY_SIGNAL } from './exit-codes.ts'

const CONTROL = { strategy: 'postgres-naive', profile: 'smoke' } as const
const POOL_DEFAULT = 16
const MAP_AGE_MS_DEFAULT = 500
/** As the scripts themselves bound them. */
const RATE: Bounds = { min: 1, max: 20_000 }
const SECONDS: Bounds = { min: 1, max: 600 }
const VUS: Bounds = { min: 1, max: 2_000 }
const WORKERS: Bounds = { min: 1, max: 16 }
const MAP_AGE_MS: Bounds = { min: 0, max: 60_000 }

interface LoadOptions {
  readonly strategy?: string
  readonly all?: true
  readonly profile?: string
  readonly rate?: string
  readonly seconds?: string
  readonly vus?: string
  readonly viewersRate?: string
  readonly workers?: string
  readonly pool?: string
  readonly workInside?: string
  readonly mapCache?: string
  readonly durability?: string
  readonly out: string
  readonly json?: true
}

const EXAMPLES = `
Profiles:
${PROFILES.map(({ name, summary }) => `  ${name.padEnd(9)}  ${summary}`).join('\n')}

Examples:
  holdfast load --strategy postgres-naive --profile smoke
  holdfast load --all
  holdfast load --strategy postgres-select-for-update --profile viewers --map-cache 0
  holdfast load --strategy tigerbeetle-pending-transfer,tigerbeetle-pending-transfer-batched --profile maximum --workers 1,2,3
`

export function loadCommand(context: Context): Command {
  return new Command('load')
    .description('loads the HTTP API over a strategy with k6, and audits the store from outside')
    .option('--strategy <names>', 'by name, parted by commas')
    .option('--all', 'every strategy')
    .option(
      '--profile <name>',
      `${PROFILES.map(({ name }) => name).join(', ')} (default: smoke; with --all: ramp)`,
    )
    .option('--rate <numbers>', 'wishes begun per second; several, parted by commas, for ramp')
    .option('--seconds <number>', 'of each rate')
    .option('--vus <number>', 'buyers at once, at most')
    .option('--viewers-rate <number>', 'looks at the seat map per second, for viewers')
    .option(
      '--workers <numbers>',
      'processes of the service behind one port; several, parted by commas (default: 1)',
    )
    .option('--pool <number>', `connections of each process (default: ${POOL_DEFAULT})`)
    .option('--work-inside <time>', 'what an application does between read and write (default: nothing)')
    .option(
      '--map-cache <time>',
      `how old a seat map may be; 0 for always new (default: ${MAP_AGE_MS_DEFAULT}ms)`,
    )
    .option('--durability <kind>', 'durable or relaxed (default: durable)')
    .option('--json', 'results as JSON to stdout, and nothing else there')
    .option('--out <folder>', 'for results and chart', 'results')
    .addHelpText('after', EXAMPLES)
    .action(async (options: LoadOptions, command: Command) => {
      await load(options, command, context)
    })
}

async function load(options: LoadOptions, command: Command, context: Context): Promise<void> {
  const { output, env, finish } = context
  const { out, err } = output
  const entries = await entriesFor(options)
  const plan = planOf(options)
  const workers = options.workers === undefined ? [1] : parseWholeList(options.workers, '--workers', WORKERS)
  const poolSize = options.pool === undefined ? POOL_DEFAULT : parseWhole(options.pool, '--pool', POOL)
  const workInsideMs = parseDurationMs(options.workInside ?? '0', '--work-inside', WORK_INSIDE_MS)
  const mapAgeMsMax = parseDurationMs(
    options.mapCache ?? `${MAP_AGE_MS_DEFAULT}ms`,
    '--map-cache',
    MAP_AGE_MS,
  )
  const durability: Durability = parseChoice(options.durability ?? 'durable', '--durability', [
    'durable',
    'relaxed',
  ])
  await proveWritable(options.out).catch((error: unknown) => {
    throw error instanceof SaveError ? new UsageError(`--out: ${error.message}`, { cause: error }) : error
  })
  const stamp = await freeStamp(options.out, new Date())

  using ending = listenForEnding((signal) => err.write(`\n${signal}: ending; what was measured is written\n`))
  const log = (line: string): void => err.write(`${line}\n`)
  let k6: K6Program
  try {
    k6 = await locateK6({ env, log, signal: ending.signal, mayFetch: true })
  } catch (error) {
    const cause = ending.cause()
    if (cause === undefined) throw error
    finish(EXIT_BY_SIGNAL[cause])
    return
  }
  const names = new Set<EngineName>(['postgres', ...entries.flatMap((entry) => entry.engines)])
  await using opened = await openEngines([...names], { durability, env, log, signal: ending.signal })
  const telling = options.json ? err : out
  for (const line of describeEngines(opened.engines)) telling.write(`${line}\n`)
  telling.write(`k6 ${k6.version} (${k6.source})\n`)

  const startedAt = new Date().toISOString()
  const trials: Trial[] = []
  const breaches: string[] = []
  const notProven: { strategy: string; why: string; remedy: string }[] = []
  const one: LoadOneEntry = async (entry, planned, processes) => {
    err.write(`${entry.name}: ${planned.profile.name}${processes === 1 ? '' : `, ${processes} workers`} …\n`)
    const missing = opened.missing.find(({ name }) => entry.engines.includes(name))
    if (missing !== undefined) return { kind: 'failed', why: missing.why, remedy: missing.remedy }
    return loadOne({
      entry,
      engines: opened.engines,
      k6,
      planned,
      workers: processes,
      poolSize,
      workInsideMs,
      mapAgeMsMax,
      signal: ending.signal,
    })
  }

  const control = await controlled(one)
  for (const entry of entries) {
    for (const processes of workers) {
      if (ending.signal.aborted) break
      try {
        const ended = await one(entry, plan, processes)
        if (ended.kind === 'failed') {
          notProven.push({ strategy: entry.name, why: ended.why, remedy: ended.remedy ?? '' })
          break
        }
        trials.push(...ended.trials)
        breaches.push(...ended.breached.map((rule) => `${entry.name}: ${rule}`))
      } catch (error) {
        if (ending.signal.aborted) break
        notProven.push({ strategy: entry.name, why: reasonOf(error), remedy: 'HOLDFAST_DEBUG=1 shows where' })
        break
      }
    }
  }

  const results: Results = {
    format: 1,
    startedAt,
    finishedAt: new Date().toISOString(),
    command: commandOf(command),
    seed: 0,
    machine: machineFacts(),
    ...(await commitOfCheckout().then((commit) => (commit === undefined ? {} : { commit }))),
    engines: engineResults(opened.engines),
    settings: {
      durationMs: plan.stepMs,
      warmupMs: 0,
      repeats: 1,
      concurrency: [plan.vus],
      workloads: [...new Set(trials.map(({ workload }) => workload))],
      poolSize,
      workInsideMs,
    },
    control,
    trials,
    notProven,
    interrupted: ending.signal.aborted,
  }
  if (options.json) out.write(`${JSON.stringify(results, undefined, 2)}\n`)
  else tell(out, results, breaches)
  finish(exitOf(results, options, breaches, ending.cause()))
  const files = await save(results, options.out, stamp)
  if (files.length > 0) telling.write(`\nWritten: ${files.join(', ')}\n`)
}

async function entriesFor(options: LoadOptions): Promise<readonly StrategyEntry[]> {
  if ((options.strategy === undefined) === (options.all === undefined)) {
    throw new UsageError('load takes either --strategy or --all')
  }
  if (options.strategy === undefined) return registry
  return Promise.all(
    parseList(options.strategy, '--strategy').map(async (name) => {
      const entry = await strategyNamed(name)
      // A script is for one strategy of the registry, and says so to the service.
      if (!registry.includes(entry))
        throw new UsageError(`there is no k6 script for ${name}: serve it, and point one at it`)
      return entry
    }),
  )
}

function planOf(options: LoadOptions): PlannedLoad {
  const asked = options.profile ?? (options.all ? 'ramp' : 'smoke')
  const profile = PROFILES.find(({ name }) => name === asked)
  if (profile === undefined) {
    const known = PROFILES.map(({ name }) => name)
    throw new UsageError(unknownName('profile', asked, known))
  }
  const rates = options.rate === undefined ? [] : parseWholeList(options.rate, '--rate', RATE)
  if (rates.length > 0 && profile.isClosedLoop)
    throw new UsageError(`--rate does not go with ${profile.name}, a closed loop`)
  if (rates.length > 1 && profile.ratesPerSecond === undefined) {
    throw new UsageError(`--rate takes one rate with ${profile.name}; ramp takes several`)
  }
  const [rate] = rates
  return plannedLoad(profile, {
    ...(rate !== undefined &&
      (profile.ratesPerSecond === undefined ? { ratePerSecond: rate } : { ratesPerSecond: rates })),
    ...(options.seconds !== undefined && { seconds: parseWhole(options.seconds, '--seconds', SECONDS) }),
    ...(options.vus !== undefined && { vus: parseWhole(options.vus, '--vus', VUS) }),
    ...(options.viewersRate !== undefined && {
      viewersPerSecond: parseWhole(options.viewersRate, '--viewers-rate', RATE),
    }),
  })
}

type LoadOneEntry = (entry: StrategyEntry, planned: PlannedLoad, processes: number) => Promise<LoadedOne>

/** The control first: a load that does not tempt it to oversell shows nothing of the others. */
async function controlled(one: LoadOneEntry): Promise<Control> {
  const entry = registry.find(({ name }) => name === CONTROL.strategy)
  const profile = PROFILES.find(({ name }) => name === CONTROL.profile)
  if (entry === undefined || profile === undefined) throw new Error('the registry has no control')
  const about = { strategy: entry.name, workload: `k6/${profile.name}`, rounds: 1, overheldUnits: 0 }
  const ended = await one(entry, plannedLoad(profile, {}), 1)
  if (ended.kind === 'failed') {
    return {
      ...about,
      caught: false,
      rounds: 0,
      oversoldUnits: 0,
      conviction: `${entry.name} could not be run: ${ended.why}`,
    }
  }
  const oversoldUnits = ended.trials[0]?.oversoldUnits ?? 0
  return {
    ...about,
    caught: oversoldUnits > 0,
    oversoldUnits,
    overheldUnits: oversoldUnits,
    conviction:
      oversoldUnits > 0
        ? (ended.trials[0]?.conviction ?? '')
        : `${entry.name} was not caught by ${profile.name}`,
  }
}

function tell(out: Context['output']['out'], results: Results, breaches: readonly string[]): void {
  const { control, notProven } = results
  if (results.trials.length > 0) out.write(`\n${renderLoadTable(results.trials, out.paint)}\n`)
  out.write(
    control.caught
      ? `\nThe control, ${control.strategy}, was caught by k6: ${control.conviction}.\n`
      : `\n${out.paint('bad', 'THE CONTROL WAS NOT CAUGHT')}: ${control.conviction}. This run proves nothing.\n`,
  )
  for (const breach of breaches) out.write(`${out.paint('doubtful', 'threshold breached')}  ${breach}\n`)
  for (const { strategy, why, remedy } of notProven) {
    out.write(
      `\n${out.paint('bad', 'NOT PROVEN')}: ${strategy}\n  ${why}\n${remedy === '' ? '' : `  To mend it: ${remedy}\n`}`,
    )
  }
}

function exitOf(
  results: Results,
  options: LoadOptions,
  breaches: readonly string[],
  cause: keyof typeof EXIT_BY_SIGNAL | undefined,
): number {
  if (cause !== undefined) return EXIT_BY_SIGNAL[cause]
  const convicted = results.trials.filter(({ verdict }) => verdict === 'invalid')
  // Whoever names the control wants to see it convicted; among all the others it is there to be.
  if (convicted.some(({ asPromised }) => options.strategy !== undefined || !asPromised)) return EXIT.convicted
  const isUnproven = results.trials.some(({ verdict }) => verdict === 'unknown')
  const missing = options.strategy === undefined ? [] : results.notProven
  if (isUnproven || !results.control.caught || missing.length > 0) return EXIT.notProven
  return breaches.length > 0 ? EXIT.thresholdBreached : EXIT.asPromised
}

async function save(results: Results, folder: string, stamp: string): Promise<readonly string[]> {
  if (results.trials.length === 0) return []
  const json = path.join(folder, `${stamp}-load.json`)
  await saveWhole(json, `${JSON.stringify(results, undefined, 2)}\n`)
  // Loaded when there is something to draw: it is the heaviest part.
  const { renderLoadChart } = await import('../harness/report/charts/svg-file.ts')
  const chart = renderLoadChart(results)
  if (chart === undefined) return [json]
  const svg = path.join(folder, `${stamp}-load.svg`)
  await saveWhole(svg, chart)
  return [json, svg]
}

function commandOf(command: Command): string {
  const given = command.parent === null ? [] : command.parent.args.slice(1)
  return ['holdfast', 'load', ...given.map(quoted)].join(' ')
}
