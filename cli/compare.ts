/** `holdfast compare`: runs the strategies against each other, and reports. */
import { randomInt } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Command } from 'commander'
import { compare, type TrialResult } from '../harness/compare/compare.ts'
import { commitOfCheckout } from '../harness/compare/machine.ts'
import { lasting, type Plan, plannedMs, rounds, type Section } from '../harness/compare/plan.ts'
import { BATCHING, CLIFF, ONCE, SWEEP, tour } from '../harness/compare/tour.ts'
import {
  describeEngines,
  engineResults,
  type OpenEnginesOptions,
  type OpenedEngines,
  openEngines,
} from '../harness/engines/engines.ts'
import type { Durability } from '../harness/engines/postgres.ts'
import { unknownName } from '../harness/entries/did-you-mean.ts'
import { loadOwnStrategy } from '../harness/entries/own-strategy.ts'
import { whyNotShareable } from '../harness/entries/shareable.ts'
import { UsageError } from '../harness/entries/usage-error.ts'
import { oneLine, reasonOf } from '../harness/errors.ts'
import { writeHistory } from '../harness/history/jsonl.ts'
import { type Live, LiveError, openLive } from '../harness/live/server.ts'
import { answer, firstOffence, verdictLines } from '../harness/report/answer.ts'
import { counted, formatSpan, listed } from '../harness/report/format.ts'
import { withHistoriesIn } from '../harness/report/merge.ts'
import type { Results, Trial } from '../harness/report/results.ts'
import { freeStamp, makeFolder, proveWritable, SaveError, saveWhole } from '../harness/report/save.ts'
import { standingOf, strategiesOf } from '../harness/report/standing.ts'
import { LEGEND, renderTables } from '../harness/report/table.ts'
import { runTrial } from '../harness/trial/trial.ts'
import { workloadNamed, workloads } from '../harness/workloads/registry.ts'
import { registry, type StrategyEntry } from '../strategies/registry.ts'
import type { EngineName } from '../strategies/strategy.ts'
import {
  CONCURRENCY,
  DURATION_MS,
  ENGINE_SOURCES,
  formatDuration,
  POOL,
  PORT,
  PROCESSES,
  parseChoice,
  parseDurationMs,
  parseList,
  parseWhole,
  parseWholeList,
  REDIS_NODES,
  REPEATS,
  SEED,
  WARMUP_MS,
  WORK_INSIDE_MS,
} from './arguments.ts'
import { type Context, quoted, stacksWanted } from './context.ts'
import { type Ending, listenForEnding } from './ending.ts'
import { EXIT, EXIT_BY_SIGNAL, EXIT_CODES_HELP } from './exit-codes.ts'
import type { Sink } from './output.ts'
import { progressTo } from './progress.ts'
import { REPORT_FOLDER } from './report.ts'

const DURATION_MS_DEFAULT = 2000
/** Callers, where workloads are named and no number is. */
const CONCURRENCY_DEFAULT = 32
const WARMUP_MS_DEFAULT = 50
const POOL_DEFAULT = 16
const OUT_DEFAULT = 'results'
const CONTROL = { strategy: 'postgres-naive', workload: 'drain' } as const
const DURABILITIES: readonly Durability[] = ['durable', 'relaxed']
/** Word for it that no strategy of the registry is wanted beside one's own. */
const NONE = 'none'

interface CompareOptions {
  readonly strategies?: string
  readonly strategy: readonly string[]
  readonly workloads?: string
  readonly concurrency?: string
  readonly duration?: string
  readonly warmup?: string
  readonly repeats?: string
  readonly seed?: string
  readonly pool?: string
  readonly workInside?: string
  readonly durability?: string
  readonly engines?: string
  readonly processes?: string
  readonly redisNodes?: string
  readonly tigerbeetleReplicas?: string
  readonly json?: true
  readonly out: string
  readonly report?: string
  readonly live?: true | string
  readonly keepHistories?: true
}

const EXAMPLES = `
Without --workloads, --concurrency and --repeats it is a tour of up to three minutes: every workload once
with ${ONCE.concurrency} callers; ${SWEEP.workload} with ${SWEEP.concurrency.join(' and ')} callers, ${SWEEP.repeats} times each; ${CLIFF.workload} again for a few
strategies with ${CLIFF.workInsideMs} ms of work inside and up to ${CLIFF.concurrency.at(-1)} callers; and ${BATCHING.workload} with fewer and more callers for those that
batch. With any of them, every workload is played with every number of callers, so many times.

Examples:
  holdfast compare
  holdfast compare --strategies postgres-nowait,postgres-select-for-update --workloads hot-seat
  holdfast compare --workloads hot-seat --concurrency 1,16,64,256 --duration 5s --repeats 5
  holdfast compare --strategy ./mine.ts --strategies postgres-select-for-update
  holdfast compare --work-inside 50ms --pool 64 --workloads hot-seat,seat-map
  holdfast compare --processes 4 --workload hot-seat --strategies postgres-nowait
  holdfast compare --engines containers --strategies postgres-nowait
  holdfast compare --json > run.json
`

export function compareCommand(context: Context): Command {
  return new Command('compare')
    .description(
      'runs the same workloads against each strategy, judges every history, and charts what is valid',
    )
    .option(
      '--strategies <names>',
      `strategies by name, parted by commas; "${NONE}" for only your own (default: all)`,
    )
    .option('--strategy <file>', 'a strategy from a file of your own; can be repeated', collected, [])
    .option('--workload, --workloads <names>', 'workloads by name, parted by commas (default: all)')
    .option('--concurrency <numbers>', 'callers at once, such as 1,8,32,128')
    .option(
      '--duration <time>',
      `of each trial, such as 500ms, 5s or 2m (default: ${formatDuration(DURATION_MS_DEFAULT)}; shorter in the tour)`,
    )
    .option(
      '--warmup <time>',
      `before each trial, not counted (default: ${formatDuration(WARMUP_MS_DEFAULT)})`,
    )
    .option('--repeats <number>', 'trials of each kind, for median, least and most')
    .option('--seed <number>', 'plays the same wishes again (default: another one each time)')
    .option('--pool <number>', `connections per strategy (default: ${POOL_DEFAULT})`)
    .option('--work-inside <time>', 'what an application does between read and write (default: nothing)')
    .option('--durability <kind>', `${DURABILITIES.join(' or ')} (default: ${DURABILITIES[0]})`)
    .option('--processes <number>', 'operating-system processes that share the callers (default: 1)')
    .option('--engines <where>', `${ENGINE_SOURCES.join(' or ')} (default: ${ENGINE_SOURCES[0]})`)
    .option('--redis-nodes <number>', 'Redis servers to start, for Redlock (default: 5)')
    .option('--tigerbeetle-replicas <number>', '1 or 3: TigerBeetle replicas to start (default: 1)')
    .option('--json', 'results as JSON to stdout, and nothing else there')
    .option('--out <folder>', 'for results, charts and histories', OUT_DEFAULT)
    .option(
      '--report <folder>',
      `for the page (default: ${REPORT_FOLDER}, or inside --out where that is given)`,
    )
    .option(
      '--live [port]',
      'serves a page on this machine that shows the run as it goes, and ends as the report',
    )
    .option('--keep-histories', 'keeps every history, not only those that convict')
    .addHelpText('after', EXAMPLES + EXIT_CODES_HELP)
    .action(async (options: CompareOptions, command: Command) => {
      await run(options, command, context)
    })
}

async function run(options: CompareOptions, command: Command, context: Context): Promise<void> {
  const { out, err } = context.output
  // Everything that can be refused is refused before anything is started.
  const plan = await planOf(options)
  const durability = parseChoice(options.durability ?? 'durable', '--durability', DURABILITIES)
  const from = parseChoice(options.engines ?? ENGINE_SOURCES[0], '--engines', ENGINE_SOURCES)
  const redisNodes =
    options.redisNodes === undefined
      ? undefined
      : parseWhole(options.redisNodes, '--redis-nodes', REDIS_NODES)
  const processes =
    options.processes === undefined ? 1 : parseWhole(options.processes, '--processes', PROCESSES)
  refuseUnshared(plan, processes)
  const replicas = parseChoice(options.tigerbeetleReplicas ?? '1', '--tigerbeetle-replicas', ['1', '3'])
  const control = controlEntry()
  await proveWritable(options.out).catch((error: unknown) => {
    throw error instanceof SaveError ? new UsageError(`--out: ${error.message}`, { cause: error }) : error
  })
  const stamp = await freeStamp(options.out, new Date())

  await using live = await liveView(options, plan)
  using ending = listenForEnding((signal) => err.write(`\n${signal}: ending; what was measured is written\n`))
  await using opened = await openNeeded(
    plan,
    { durability, from, ...(redisNodes && { redisNodes }), tigerbeetleReplicas: replicas === '3' ? 3 : 1 },
    context,
    ending,
  )
  // With --json, stdout is for the results alone.
  const telling = options.json ? err : out
  tellPlan(telling, plan, opened)
  if (processes > 1) telling.write(`${processes} processes share the callers and the pool of each trial.\n`)
  if (live !== undefined) telling.write(`Live: ${live.url}\n`)
  const progress = progressTo(err, plan, { stacks: stacksWanted(context.env) })
  const histories = historyKeeper(options, stamp)
  const compared = await compare(plan, {
    runTrial: (entry, { workload, ...order }) =>
      runTrial(entry, opened.engines, {
        ...order,
        workload: workloadNamed(workload),
        processes,
        ...(live !== undefined && { onSample: (sample) => live.sample(sample) }),
      }),
    engines: engineResults(opened.engines),
    missing: opened.missing,
    control: { entry: control, workload: CONTROL.workload },
    keepHistory: histories,
    onEvent: (event) => {
      progress.tell(event)
      live?.tell(event)
    },
    signal: ending.signal,
    command: commandOf(command, plan.seed),
    commit: await commitOfCheckout(),
  })
  progress.end()
  const results = isTour(options)
    ? await withProofs(compared, plan, opened, { err, signal: ending.signal })
    : compared

  if (options.json) out.write(`${JSON.stringify(results, undefined, 2)}\n`)
  else tellResults(out, results, { folder: options.out, program: context.program })
  context.finish(exitOf(results, ending, excused(options, plan, opened, context.env)))
  const files = await save(results, options, stamp)
  if (files.length > 0) telling.write(`\nWritten: ${files.join(', ')}\n`)
  if (!options.json) out.write(`\n${answer(results)}\n`)
  tellNotProven(telling, results)
  const page = files.find((file) => file.endsWith('.html'))
  await live?.finish(
    page === undefined ? { over: 'Nothing was measured.' } : { report: await readFile(page, 'utf8') },
  )
}

/** Opened before anything is run, so that a port that is taken costs nobody a run. */
async function liveView({ live }: CompareOptions, plan: Plan): Promise<Live | undefined> {
  if (live === undefined) return undefined
  const port = live === true ? 0 : parseWhole(live, '--live', PORT)
  try {
    return await openLive(plan, { port })
  } catch (error) {
    throw error instanceof LiveError ? new UsageError(`--live: ${error.message}`, { cause: error }) : error
  }
}

function collected(file: string, before: readonly string[]): readonly string[] {
  return [...before, file]
}

async function planOf(options: CompareOptions): Promise<Plan> {
  return {
    sections: sectionsOf(options),
    seed: options.seed === undefined ? randomInt(SEED.max + 1) : parseWhole(options.seed, '--seed', SEED),
    warmupMs: duration(options.warmup, '--warmup', WARMUP_MS, WARMUP_MS_DEFAULT),
    poolSize: options.pool === undefined ? POOL_DEFAULT : parseWhole(options.pool, '--pool', POOL),
    workInsideMs: duration(options.workInside, '--work-inside', WORK_INSIDE_MS, 0),
    strategies: await strategiesFor(options),
  }
}

/** Several processes meet in an engine, or nowhere. */
function refuseUnshared({ strategies }: Plan, processes: number): void {
  if (processes === 1) return
  const why = strategies.map(whyNotShareable).find((each) => each !== undefined)
  if (why !== undefined) throw new UsageError(`--processes: ${why}: leave one out`)
}

function duration(
  text: string | undefined,
  what: string,
  bounds: { readonly min: number; readonly max: number },
  otherwise: number,
): number {
  return text === undefined ? otherwise : parseDurationMs(text, what, bounds)
}

async function strategiesFor(options: CompareOptions): Promise<readonly StrategyEntry[]> {
  const known = registry.map((entry) => entry.name)
  const names = options.strategies === undefined ? known : parseList(options.strategies, '--strategies')
  const wanted = names.length === 1 && names[0] === NONE ? [] : names
  const entries = wanted.map((name) => {
    const entry = registry.find((each) => each.name === name)
    if (entry === undefined) throw new UsageError(unknownName('strategy', name, known))
    return entry
  })
  for (const file of options.strategy) {
    if (known.includes(file)) throw new UsageError(`${file} is no file but a name: use --strategies ${file}`)
    const own = await loadOwnStrategy(file)
    if (entries.some((entry) => entry.name === own.name)) {
      throw new UsageError(
        `two strategies are called ${own.name}: rename ${file}, or leave the other one out`,
      )
    }
    entries.push(own)
  }
  if (entries.length === 0)
    throw new UsageError('there is no strategy to compare: --strategies none needs a --strategy')
  return entries
}

function sectionsOf(options: CompareOptions): readonly Section[] {
  const known = workloads.map((workload) => workload.name)
  const names = options.workloads === undefined ? known : parseList(options.workloads, '--workloads')
  for (const name of names) {
    if (!known.includes(name)) throw new UsageError(unknownName('workload', name, known))
  }
  const asked =
    options.duration === undefined ? undefined : parseDurationMs(options.duration, '--duration', DURATION_MS)
  if (isTour(options)) return tour(asked === undefined ? undefined : { durationMs: asked })
  return [
    {
      workloads: names.map((name) => lasting(name, asked ?? DURATION_MS_DEFAULT)),
      concurrency:
        options.concurrency === undefined
          ? [CONCURRENCY_DEFAULT]
          : parseWholeList(options.concurrency, '--concurrency', CONCURRENCY),
      repeats: options.repeats === undefined ? 1 : parseWhole(options.repeats, '--repeats', REPEATS),
    },
  ]
}

function isTour({ workloads, concurrency, repeats }: CompareOptions): boolean {
  return workloads === undefined && concurrency === undefined && repeats === undefined
}

/** Of an exploration in a tour: two clients and the last unit never have so many, and a strategy of one's own ends there. */
const SCHEDULES_MAX = 500

/**
 * The smallest case of all, in every order of its steps: two clients, the last unit. It takes seconds, and shows for each strategy
 * what stress can only look for.
 */
async function withProofs(
  results: Results,
  { strategies }: Plan,
  { engines }: OpenedEngines,
  { err, signal }: { readonly err: Sink; readonly signal: AbortSignal },
): Promise<Results> {
  const able = strategies.filter(
    (entry) => entry.engines.length > 0 && entry.engines.every((name) => engines[name] !== undefined),
  )
  if (signal.aborted || able.length === 0) return results
  err.write('Every interleaving of two clients who want the last unit …\n')
  // Loaded where it is needed: most command lines explore nothing.
  const [{ exploreAll }, { scenarios }] = await Promise.all([
    import('../harness/explore/explore-all.ts'),
    import('../harness/explore/scenario.ts'),
  ])
  try {
    const explored = await exploreAll(
      able,
      scenarios.filter(({ name }) => name === 'hold'),
      engines,
      { clients: 2, schedulesMax: SCHEDULES_MAX, signal },
    )
    const explorations = explored.map(
      ({ strategy, scenario, clients, outcome, schedules, violating, schedule, diagramSvg }) => ({
        strategy,
        scenario,
        clients,
        outcome,
        schedules,
        violating,
        ...(schedule !== undefined && { schedule }),
        ...(diagramSvg !== undefined && { diagramSvg }),
      }),
    )
    return { ...results, explorations }
  } catch (error) {
    // What was measured is not lost by what was to be shown beside it.
    if (!signal.aborted) err.write(`It could not be explored: ${oneLine(reasonOf(error))}\n`)
    return results
  }
}

function controlEntry(): StrategyEntry {
  const entry = registry.find((each) => each.name === CONTROL.strategy)
  if (entry === undefined)
    throw new Error(`the registry has no ${CONTROL.strategy}, so nothing could be proven`)
  return entry
}

/** The engines that the strategies need, and PostgreSQL in any case, for the control. */
async function openNeeded(
  plan: Plan,
  settings: Pick<OpenEnginesOptions, 'durability' | 'from' | 'redisNodes' | 'tigerbeetleReplicas'>,
  { env, output: { err } }: Context,
  ending: Ending,
): Promise<OpenedEngines> {
  const names = new Set<EngineName>(['postgres', ...plan.strategies.flatMap((entry) => entry.engines)])
  const log = (line: string): void => err.write(`${line}\n`)
  const opened = await openEngines([...names], { ...settings, env, log, signal: ending.signal })
  if (!ending.signal.aborted) {
    for (const { name, why } of opened.missing) err.write(`${name} is not there: ${why}\n`)
  }
  return opened
}

function tellPlan(sink: Sink, plan: Plan, { engines, missing }: OpenedEngines): void {
  for (const line of describeEngines(engines)) sink.write(`${line}\n`)
  const absent = missing.map((each) => each.name)
  if (plan.strategies.every((entry) => entry.engines.some((name) => absent.includes(name)))) return
  const all = rounds(plan)
  const trials = all.reduce((sum, round) => sum + round.strategies.length, 0)
  const names = new Set(all.map((round) => round.workload))
  const kinds = plan.strategies.length === 1 ? '1 strategy' : `${plan.strategies.length} strategies`
  sink.write(
    `Seed ${plan.seed}. Pool of ${plan.poolSize}. The control first, then ${kinds} on ${counted(names.size, 'workload')}: `,
  )
  sink.write(`${counted(trials, 'trial')}, about ${formatSpan(plannedMs(plan))}.\n`)
}

/** Keeps the histories that convict, and all of them where asked to. */
function historyKeeper(
  options: CompareOptions,
  stamp: string,
): (result: TrialResult, purpose: 'control' | 'trial') => Promise<string | undefined> {
  const folder = `${stamp}-histories`
  return async ({ trial, history }, purpose) => {
    if (trial.verdict !== 'invalid' && options.keepHistories === undefined) return undefined
    const who = trial.strategy.replaceAll(/[^\w.-]/g, '_')
    const label = `${who}-${trial.workload}-c${trial.concurrency}-r${trial.repeat}`
    const file = path.join(folder, `${purpose === 'control' ? 'control-' : ''}${label}.jsonl`)
    await makeFolder(path.join(options.out, folder))
    await writeHistory(path.join(options.out, file), history)
    return file
  }
}

function tellResults(
  out: Sink,
  results: Results,
  { folder, program }: { readonly folder: string; readonly program: string },
): void {
  const { paint } = out
  const checkAgain = (file: string | undefined): string =>
    file === undefined ? '' : `\nThe whole of it: ${program} check ${quoted(path.join(folder, file))}\n`
  if (results.trials.length > 0)
    out.write(`\n${renderTables(results, { paint, columnsMax: out.columns })}\n\n${paint('quiet', LEGEND)}\n`)

  out.write('\n')
  const width = Math.max(0, ...strategiesOf(results).map((name) => name.length))
  for (const { strategy, text } of verdictLines(results)) out.write(`${strategy.padEnd(width)}  ${text}\n`)

  if (results.explorations !== undefined) out.write(`\n${proofsLine(results.explorations)}\n`)

  const { control } = results
  if (control.caught) {
    out.write(
      `\n${paint('strong', `How the control, ${control.strategy}, was caught on ${control.workload}`)}\n`,
    )
    out.write(`\n${firstOffence(control.conviction)}\n${checkAgain(control.historyFile)}`)
  } else {
    out.write(`\n${paint('bad', 'THE CONTROL WAS NOT CAUGHT')}: ${control.conviction}\n`)
  }
  for (const trial of brokenPromises(results)) {
    const where = `${trial.strategy} broke its promise on ${trial.workload} with ${counted(trial.concurrency, 'caller')}`
    out.write(
      `\n${paint('bad', where)}\n\n${firstOffence(trial.conviction ?? '')}\n${checkAgain(trial.historyFile)}`,
    )
  }
}

/** What every interleaving showed, in a sentence. */
function proofsLine(explorations: NonNullable<Results['explorations']>): string {
  const named = (outcome: (typeof explorations)[number]['outcome']) =>
    explorations.filter((each) => each.outcome === outcome).map(({ strategy }) => strategy)
  const told = [
    `${named('proved').length} of ${explorations.length} proved within that scope`,
    ...(named('violated').length > 0 ? [`violated by ${listed(named('violated'))}`] : []),
    ...(named('unknown').length > 0 ? [`not proven for ${listed(named('unknown'))}`] : []),
  ]
  return `Every interleaving of two clients who want the last unit: ${told.join('; ')}. "holdfast explore" tells more.`
}

/** Last, and by itself: what is missing must not be overlooked. */
function tellNotProven(out: Sink, { notProven }: Results): void {
  for (const why of new Set(notProven.map((each) => each.why))) {
    const same = notProven.filter((each) => each.why === why)
    const remedy = same[0]?.remedy ?? ''
    out.write(
      `\n${out.paint('bad', 'NOT PROVEN')}: ${same.map((each) => each.strategy).join(', ')}\n  ${why}\n`,
    )
    if (remedy !== '') out.write(`  To mend it: ${remedy}\n`)
  }
}

/** The first of each strategy; the others are in the results. */
function brokenPromises(results: Results): readonly Trial[] {
  const broken = results.trials.filter((trial) => trial.verdict === 'invalid' && !trial.asPromised)
  return strategiesOf(results).flatMap((name) => broken.find((trial) => trial.strategy === name) ?? [])
}

/** Where nothing was measured there is nothing to keep. */
async function save(
  results: Results,
  { out: folder, report }: CompareOptions,
  stamp: string,
): Promise<readonly string[]> {
  if (results.trials.length === 0 && !results.control.caught) return []
  const json = path.join(folder, `${stamp}.json`)
  const svg = path.join(folder, `${stamp}.svg`)
  await saveWhole(json, `${JSON.stringify(results, undefined, 2)}\n`)
  // Loaded when there is something to draw: it is the heaviest part, and most command lines never need it.
  const { renderChart } = await import('../harness/report/charts/svg-file.ts')
  await saveWhole(svg, renderChart(results))
  const { writeReport } = await import('../harness/report/write-report.ts')
  const reportFolder = report ?? (folder === OUT_DEFAULT ? REPORT_FOLDER : path.join(folder, REPORT_FOLDER))
  const [page = ''] = await writeReport(
    [{ name: stamp, results: withHistoriesIn(results, folder) }],
    reportFolder,
  )
  return [json, svg, page]
}

function commandOf(command: Command, seed: number): string {
  const given = command.parent === null ? [] : command.parent.args.slice(1)
  const seeded = given.some((argument) => argument === '--seed' || argument.startsWith('--seed='))
  return ['holdfast', 'compare', ...given.map(quoted), ...(seeded ? [] : ['--seed', String(seed)])].join(' ')
}

/**
 * Strategies that nobody asked for by name and whose engine is not there: they are reported as not proven, and do not make a
 * run of everything else a failure, unless REQUIRE_ENGINES names the engine.
 */
function excused(
  options: CompareOptions,
  plan: Plan,
  { missing }: OpenedEngines,
  env: NodeJS.ProcessEnv,
): ReadonlySet<string> {
  const required = (env.REQUIRE_ENGINES ?? '').split(',').map((name) => name.trim())
  const optional = missing
    .map(({ name }) => name)
    .filter((name) => name !== 'postgres' && !required.includes(name))
  if (options.strategies !== undefined) return new Set()
  const idle = plan.strategies.filter((entry) => entry.engines.some((name) => optional.includes(name)))
  return new Set(idle.map((entry) => entry.name))
}

function exitOf(results: Results, ending: Ending, excused: ReadonlySet<string>): number {
  const cause = ending.cause()
  if (cause !== undefined) return EXIT_BY_SIGNAL[cause]
  if (brokenPromises(results).length > 0) return EXIT.convicted
  const unproven = strategiesOf(results).some(
    (name) => !excused.has(name) && standingOf(results, name).kind === 'not-proven',
  )
  return unproven || !results.control.caught ? EXIT.notProven : EXIT.asPromised
}
