/** `holdfast explore`: runs every interleaving of a few clients, and says what was proved by it. */
import { Command } from 'commander'
import { monotonicMs } from '../harness/clock.ts'
import { engineResults, type OpenedEngines, openEngines } from '../harness/engines/engines.ts'
import { unknownName } from '../harness/entries/did-you-mean.ts'
import { strategyNamed } from '../harness/entries/strategy-named.ts'
import { UsageError } from '../harness/entries/usage-error.ts'
import type { Explored } from '../harness/explore/explore.ts'
import { exploreAll } from '../harness/explore/explore-all.ts'
import { LIMITS } from '../harness/explore/limits.ts'
import { type Scenario, scenarios, whyNot } from '../harness/explore/scenario.ts'
import { CLIENTS } from '../harness/explore/schedule.ts'
import { plain } from '../harness/explore/wording.ts'
import { firstOffence } from '../harness/report/answer.ts'
import { counted, formatSpan } from '../harness/report/format.ts'
import { registry, type StrategyEntry } from '../strategies/registry.ts'
import type { EngineName } from '../strategies/strategy.ts'
import { parseList, parseWhole } from './arguments.ts'
import { type Context, quoted } from './context.ts'
import { listenForEnding } from './ending.ts'
import { EXIT, EXIT_BY_SIGNAL, EXIT_CODES_HELP } from './exit-codes.ts'
import type { Sink } from './output.ts'

/** Redlock's least: more nodes answer the same, and every step would be more commands. */
export const REDIS_NODES = 3
/** Three clients of most strategies come to some thousands; a strategy that never ends its retries must end here. */
const SCHEDULES = { min: 1, max: 10_000_000, default: 200_000 } as const
const ENGINES: readonly EngineName[] = ['postgres', 'redis', 'tigerbeetle']

interface ExploreOptions {
  readonly strategies?: string
  readonly strategy: readonly string[]
  readonly scenarios?: string
  readonly on?: string
  readonly clients: string
  readonly schedulesMax: string
  readonly json?: true
}

const EXAMPLES = `
Scenarios:
${scenarios.map(({ name, summary }) => `  ${name.padEnd(16)} ${summary}`).join('\n')}

Examples:
  holdfast explore
  holdfast explore --strategy postgres-naive --scenario hold
  holdfast explore --strategy ./mine.ts
  holdfast explore --clients 3 --scenario hold --on postgres
`

export function exploreCommand(context: Context): Command {
  return new Command('explore')
    .description('runs every interleaving of a few clients, statement by statement, on the real engine')
    .option('--strategies <names>', 'strategies by name, parted by commas (default: all)')
    .option(
      '--strategy <name or file>',
      'one by name, or from a file of your own; can be repeated',
      collected,
      [],
    )
    .option('--scenario, --scenarios <names>', 'by name, parted by commas (default: all)')
    .option('--on <engines>', 'only strategies that need no other engine than these')
    .option('--clients <number>', `from ${CLIENTS.min} to ${CLIENTS.max}`, String(CLIENTS.min))
    .option(
      '--schedules-max <number>',
      'ends an exploration after so many schedules; then nothing is proved',
      String(SCHEDULES.default),
    )
    .option('--json', 'what was found as JSON to stdout, and nothing else there')
    .addHelpText('after', EXAMPLES + EXIT_CODES_HELP)
    .action((options: ExploreOptions) => run(options, context))
}

function collected(name: string, before: readonly string[]): readonly string[] {
  return [...before, name]
}

async function run(options: ExploreOptions, context: Context): Promise<void> {
  const { out, err } = context.output
  const clients = parseWhole(options.clients, '--clients', CLIENTS)
  const schedulesMax = parseWhole(options.schedulesMax, '--schedules-max', SCHEDULES)
  const chosen = scenariosFor(options)
  const entries = await strategiesFor(options)
  if (!entries.some((entry) => chosen.some((scenario) => whyNot(scenario, entry.engines) === undefined))) {
    throw new UsageError('none of these scenarios can happen to any of these strategies')
  }

  using ending = listenForEnding((signal) => err.write(`\n${signal}: ending\n`))
  const log = (line: string): void => err.write(`${line}\n`)
  await using opened = await openEngines([...new Set(entries.flatMap((entry) => entry.engines))], {
    // Nothing is measured, and no power is cut: an answer before it is on disk is as good.
    durability: 'relaxed',
    redisNodes: REDIS_NODES,
    env: context.env,
    log,
    signal: ending.signal,
  })
  const lacking = (entry: StrategyEntry) => opened.missing.find(({ name }) => entry.engines.includes(name))
  const able = entries.filter((entry) => lacking(entry) === undefined)
  let explorations: readonly Explored[] = []
  try {
    explorations = await exploreAll(
      able,
      chosen,
      opened.engines,
      { clients, schedulesMax, signal: ending.signal, onProgress: progressTo(err) },
      (explored) => {
        if (!options.json) tell(out, explored, context.program)
      },
    )
  } catch (error) {
    const cause = ending.cause()
    if (cause === undefined) throw error
    context.finish(EXIT_BY_SIGNAL[cause])
    return
  }
  const notProven = entries.flatMap((entry) => {
    const missing = lacking(entry)
    return missing === undefined ? [] : [{ strategy: entry.name, why: missing.why, remedy: missing.remedy }]
  })
  // What no strategy without that engine can meet is no gap; what cannot be brought about in an engine is one.
  const outOfReach = able.flatMap((entry) =>
    chosen
      .filter(({ notIn }) => notIn !== undefined && entry.engines.includes(notIn))
      .map((scenario) => ({
        strategy: entry.name,
        scenario: scenario.name,
        why: whyNot(scenario, entry.engines) ?? '',
      })),
  )
  if (options.json) {
    const results = {
      format: 1,
      clients,
      engines: engineResults(opened.engines),
      explorations,
      outOfReach,
      limits: LIMITS,
      notProven,
    }
    out.write(`${JSON.stringify(results, undefined, 2)}\n`)
  } else {
    for (const { strategy, scenario, why } of outOfReach) {
      out.write(`${strategy} · ${scenario} · ${out.paint('doubtful', 'out of reach')}: ${why}\n`)
    }
    tellLimits(out, explorations)
  }
  for (const why of new Set(notProven.map((each) => each.why))) {
    const same = notProven.filter((each) => each.why === why)
    err.write(
      `\n${err.paint('bad', 'NOT PROVEN')}: ${same.map(({ strategy }) => strategy).join(', ')}\n  ${why}\n`,
    )
    if (same[0]?.remedy) err.write(`  To mend it: ${same[0].remedy}\n`)
  }
  context.finish(exitOf(explorations, excusable(options, opened, context.env) ? 0 : notProven.length))
}

/** Most explorations are over sooner; of one that is not, a line now and then says that it goes on. */
const PROGRESS_EVERY_MS = 20_000

function progressTo(err: Sink): (strategy: string, scenario: string, schedules: number) => void {
  let toldMs = monotonicMs()
  return (strategy, scenario, schedules) => {
    if (monotonicMs() - toldMs < PROGRESS_EVERY_MS) return
    toldMs = monotonicMs()
    err.write(`${strategy} · ${scenario} · ${counted(schedules, 'schedule')} so far\n`)
  }
}

function scenariosFor(options: ExploreOptions): readonly Scenario[] {
  const known = scenarios.map(({ name }) => name)
  const names = options.scenarios === undefined ? known : parseList(options.scenarios, '--scenario')
  return names.map((name) => {
    const scenario = scenarios.find((each) => each.name === name)
    if (scenario === undefined) throw new UsageError(unknownName('scenario', name, known))
    return scenario
  })
}

async function strategiesFor(options: ExploreOptions): Promise<readonly StrategyEntry[]> {
  const entries: StrategyEntry[] = []
  const add = (entry: StrategyEntry): void => {
    if (!entries.includes(entry)) entries.push(entry)
  }
  if (options.strategies !== undefined) {
    for (const name of parseList(options.strategies, '--strategies')) add(await strategyNamed(name))
  } else if (options.strategy.length === 0) {
    entries.push(...registry)
  }
  for (const name of options.strategy) add(await strategyNamed(name))
  const engines = options.on === undefined ? ENGINES : parseList(options.on, '--on')
  for (const name of engines) {
    if (!ENGINES.some((each) => each === name)) throw new UsageError(unknownName('engine', name, ENGINES))
  }
  const fitting = entries.filter((entry) => entry.engines.every((name) => engines.includes(name)))
  if (fitting.length === 0)
    throw new UsageError(`none of these strategies does with ${engines.join(' and ')} alone`)
  const stranger = fitting.find((entry) => entry.engines.length === 0)
  if (stranger !== undefined) {
    throw new UsageError(`${stranger.name} uses no engine, so there is no step that could be scheduled`)
  }
  return fitting
}

/** One line of what was found, and of a violation how to see it again. */
function tell(out: Sink, explored: Explored, program: string): void {
  const { strategy, scenario, outcome, schedules, violating, asPromised, givenUp, elapsedMs } = explored
  const span = formatSpan(elapsedMs)
  const head = `${strategy} · ${scenario} · `
  const kept = asPromised ? '' : out.paint('bad', '  which it promised not to be')
  switch (outcome) {
    case 'proved': {
      const missed = asPromised ? '' : out.paint('bad', '  but it must be caught here')
      out.write(
        `${head}${out.paint('good', 'proved within scope')} (${counted(schedules, 'schedule')}, 0 oversell, ${span})${missed}\n`,
      )
      if (givenUp > 0) {
        out.write(
          `  ${counted(givenUp, 'pick')} among those who waited that PostgreSQL did not make again: followed once\n`,
        )
      }
      break
    }
    case 'violated':
      out.write(
        `${head}${out.paint('bad', 'VIOLATED')} in ${violating} of ${counted(schedules, 'schedule')} (${span})${kept}\n` +
          `  shortest: ${program} replay ${quoted(explored.schedule ?? '')}\n`,
      )
      if (!asPromised) out.write(`${plain(firstOffence(explored.conviction ?? ''))}\n`)
      break
    case 'unknown':
      out.write(
        `${head}${out.paint('doubtful', 'unknown')}: no violation in ${counted(schedules, 'schedule')}, not all of them (${span})\n` +
          explored.reasons.map((reason) => `  ${reason}\n`).join(''),
      )
      break
  }
}

function tellLimits(out: Sink, explorations: readonly Explored[]): void {
  const proved = explorations.filter(({ outcome }) => outcome === 'proved').length
  const schedules = explorations.reduce((sum, each) => sum + each.schedules, 0)
  const clients = explorations[0]?.clients ?? 0
  out.write(
    `\n${proved} of ${counted(explorations.length, 'exploration')} proved within scope, ${counted(schedules, 'schedule')} in all, ${clients} clients. What that does not show:\n`,
  )
  for (const limit of LIMITS) out.write(out.paint('quiet', `- ${limit}\n`))
}

/** Whether it is no failure that an engine is not there: nobody asked for a strategy that needs it. */
function excusable(options: ExploreOptions, { missing }: OpenedEngines, env: NodeJS.ProcessEnv): boolean {
  const required = (env.REQUIRE_ENGINES ?? '').split(',').map((name) => name.trim())
  const asked = options.strategies !== undefined || options.strategy.length > 0 || options.on !== undefined
  return !asked && missing.every(({ name }) => name !== 'postgres' && !required.includes(name))
}

function exitOf(explorations: readonly Explored[], unproven: number): number {
  if (explorations.some(({ outcome, asPromised }) => outcome === 'violated' && !asPromised))
    return EXIT.convicted
  return unproven > 0 || explorations.some(({ asPromised }) => !asPromised) ? EXIT.notProven : EXIT.asPromised
}
