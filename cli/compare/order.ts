/** Parses the options of `holdfast compare`. Throws a `UsageError` before anything is started. */
import { randomInt } from 'node:crypto'
import { type ComparisonPlan, lasting, rounds, type Section } from '../../harness/compare/plan.ts'
import { tour } from '../../harness/compare/tour.ts'
import { unknownName } from '../../harness/entries/did-you-mean.ts'
import { loadOwnStrategy } from '../../harness/entries/own-strategy.ts'
import { isServiceUrl, loadService } from '../../harness/entries/service/load-service.ts'
import { whyNotShareable } from '../../harness/entries/shareable.ts'
import { UsageError } from '../../harness/entries/usage-error.ts'
import {
  type FaultPlan,
  STRUCK_TRIAL_MS_DEFAULT,
  STRUCK_TRIAL_MS_MIN,
} from '../../harness/faults/struck-trial.ts'
import { workloads } from '../../harness/workloads/registry.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import {
  CONCURRENCY,
  DURATION_MS,
  ENGINE_SOURCES,
  formatDuration,
  PROCESSES,
  parseChoice,
  parseDurationMs,
  parseList,
  parseShard,
  parseWhole,
  parseWholeList,
  RATE,
  REPEATS,
  SEED,
  WARMUP_MS,
} from '../arguments.ts'
import { type Context, engineNames } from '../context.ts'
import type { EngineChoice } from '../engines.ts'
import { refuseUnknownRequired } from '../not-proven.ts'
import {
  criticalSectionMsOf,
  durabilityOf,
  durationMsOr,
  networkLatencyMsOf,
  poolSizeOf,
  wholeOr,
} from '../options.ts'
import { refuseTooFewServers, serversOf } from '../servers.ts'
import { engineChoiceFor, faultPlanFor } from './fault.ts'
import {
  CONCURRENCY_DEFAULT,
  type CompareOptions,
  DURATION_MS_DEFAULT,
  FAULT_WORKLOADS,
  isTour,
  NONE,
  WARMUP_MS_DEFAULT,
} from './options.ts'

export interface CompareOrder {
  readonly plan: ComparisonPlan
  readonly engines: EngineChoice
  /** Operating-system processes that share the callers of each trial. */
  readonly processes: number
  /** Buyers per second that begin at intended times; undefined: each begins as soon as its caller is free. */
  readonly rate: number | undefined
  /** A fault that is inflicted on each trial but the control's; undefined for none. */
  readonly fault: FaultPlan | undefined
}

export async function orderOf(options: CompareOptions, context: Context): Promise<CompareOrder> {
  refuseUnknownRequired(context)
  if (options.quick)
    throw new UsageError(
      'compare has no --quick: --duration 500ms makes each trial short, and --strategies and --workloads make them few',
    )
  const whole = await planOf(options, context)
  const fault = faultPlanFor(options, whole.strategies, context)
  const strategies = whole.strategies.filter(({ name }) => fault === undefined || fault.struck.has(name))
  const plan = { ...whole, strategies }
  if (plan.shard !== undefined && rounds(plan).length === 0)
    throw new UsageError(`--shard ${plan.shard.index}/${plan.shard.of}: there are fewer rounds than shards`)
  const processes = wholeOr(1, options.processes, '--processes', PROCESSES)
  if (processes > 1) refuseUnshareable(plan)
  const rate = options.rate === undefined ? undefined : parseWhole(options.rate, '--rate', RATE)
  if (rate !== undefined && processes > 1)
    throw new UsageError('--rate keeps the times of one process: leave out --processes')
  const servers = serversOf(options, context.engines)
  if (options.strategies !== undefined) refuseTooFewServers(strategies, servers, context.engines)
  const engines: EngineChoice = {
    durability: durabilityOf(options.durability),
    from: parseChoice(options.engines ?? ENGINE_SOURCES[0], '--engines', ENGINE_SOURCES),
    servers,
  }
  return {
    plan,
    processes,
    rate,
    fault,
    engines: fault === undefined ? engines : engineChoiceFor(engines, fault, options),
  }
}

async function planOf(options: CompareOptions, context: Context): Promise<ComparisonPlan> {
  const shard = parseShard(options.shard)
  if (shard !== undefined && options.seed === undefined)
    throw new UsageError('--shard needs --seed: all shards of a run make the same requests')
  const networkLatencyMs = networkLatencyMsOf(options.networkLatency)
  return {
    sections: sectionsOf(options),
    seed: options.seed === undefined ? randomInt(SEED.max + 1) : parseWhole(options.seed, '--seed', SEED),
    warmupMs: durationMsOr(WARMUP_MS_DEFAULT, options.warmup, '--warmup', WARMUP_MS),
    poolSize: poolSizeOf(options.pool),
    criticalSectionMs: criticalSectionMsOf(options.criticalSection),
    ...(networkLatencyMs !== undefined && { networkLatencyMs }),
    strategies: await strategiesFor(options, context),
    ...(shard !== undefined && { shard }),
  }
}

function refuseUnshareable({ strategies }: ComparisonPlan): void {
  const why = strategies.map(whyNotShareable).find((each) => each !== undefined)
  if (why !== undefined) throw new UsageError(`--processes: ${why}: leave one out`)
}

async function strategiesFor(options: CompareOptions, context: Context): Promise<readonly StrategyEntry[]> {
  const known = registry.map((entry) => entry.name)
  const names = options.strategies === undefined ? known : parseList(options.strategies, '--strategies')
  const wanted = names.length === 1 && names[0] === NONE ? [] : names
  const entries = wanted.map((name) => {
    const entry = registry.find((each) => each.name === name)
    if (entry === undefined) throw new UsageError(unknownName('strategy', name, known))
    return entry
  })
  for (const file of options.strategy) {
    if (known.includes(file))
      throw new UsageError(`${file} is the name of a strategy, not a file: use --strategies ${file}`)
    const own = isServiceUrl(file)
      ? await loadService(file, options.adapter)
      : await loadOwnStrategy(file, engineNames(context))
    if (entries.some((entry) => entry.name === own.name)) {
      throw new UsageError(
        `two strategies are called ${own.name}: rename ${file}, or do not select the other one`,
      )
    }
    entries.push(own)
  }
  if (options.adapter !== undefined && !options.strategy.some(isServiceUrl))
    throw new UsageError('--adapter maps the API of a service: give its address with --strategy')
  if (entries.length === 0)
    throw new UsageError('there is no strategy to compare; --strategies none needs a --strategy')
  return entries
}

function sectionsOf(options: CompareOptions): readonly Section[] {
  const known = workloads.map((workload) => workload.name)
  const usual = options.fault === undefined ? known : FAULT_WORKLOADS
  const names = options.workloads === undefined ? usual : parseList(options.workloads, '--workloads')
  for (const name of names) {
    if (!known.includes(name)) throw new UsageError(unknownName('workload', name, known))
  }
  const asked = askedDurationMs(options)
  if (isTour(options)) return tour(asked === undefined ? undefined : { durationMs: asked })
  const otherwise = options.fault === undefined ? DURATION_MS_DEFAULT : STRUCK_TRIAL_MS_DEFAULT
  return [
    {
      workloads: names.map((name) => lasting(name, asked ?? otherwise)),
      concurrency:
        options.concurrency === undefined
          ? [CONCURRENCY_DEFAULT]
          : parseWholeList(options.concurrency, '--concurrency', CONCURRENCY),
      repeats: wholeOr(1, options.repeats, '--repeats', REPEATS),
    },
  ]
}

/** Undefined if none was given. */
function askedDurationMs({ duration, fault }: CompareOptions): number | undefined {
  if (duration === undefined) return undefined
  const ms = parseDurationMs(duration, '--duration', DURATION_MS)
  if (fault !== undefined && ms < STRUCK_TRIAL_MS_MIN)
    throw new UsageError(
      `--duration must be at least ${formatDuration(STRUCK_TRIAL_MS_MIN)} with --fault: it would be over before the fault is healed`,
    )
  return ms
}
