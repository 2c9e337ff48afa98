/** Runs every schedule of one strategy in one scenario, and says what was shown by it. */
import type { StrategyEntry } from '../../strategies/registry.ts'
import { describe } from '../checker/conviction.ts'
import { monotonicMs } from '../clock.ts'
import type { Engines } from '../engines/open.ts'
import type { Exploration } from '../results/explorations.ts'
import { Batch, type Judged } from './batch.ts'
import { StandstillError } from './client.ts'
import { diagram } from './diagram.ts'
import { expectedOf, isAsExpected } from './promise.ts'
import { run } from './run.ts'
import { type Scenario, twinsOf } from './scenario.ts'
import { formatSchedule, type Schedule } from './schedule.ts'
import { NotRepeatableError, type Pruning, Search } from './search.ts'
import { Stage } from './stage.ts'
import { wrongIn } from './transcript.ts'

export interface ExploreSettings {
  readonly clients: number
  /** After so many schedules it ends, and nothing is proved. */
  readonly schedulesMax: number
  /** Everything that comes to the same, unless a test compares. */
  readonly prunes?: Pruning
  readonly signal?: AbortSignal
  /** Told now and then how many schedules of an exploration are over. */
  readonly onProgress?: (strategy: string, scenario: string, schedules: number) => void
  /** Shown every judged schedule, in the order of the search. */
  readonly onJudged?: (judged: Judged) => void
}

/** An exploration with what a reader wants to know besides. */
export interface Explored extends Exploration {
  /** Whether it is what the strategy promises; an unknown one is not. */
  readonly asPromised: boolean
  /** Schedules in which nothing was sold that was not there, but something else went wrong are in `violating`, too. */
  readonly overselling: number
  /** Runs that were broken off, since they only led where another schedule had been. */
  readonly pruned: number
  /** Branches in which PostgreSQL had picked among several that waited as it never did again: they were followed once. */
  readonly givenUp: number
  /** Why it is unknown. */
  readonly reasons: readonly string[]
  /** Why the store itself was not read, so that the histories and probes alone decided; absent where it was. */
  readonly storeNotRead?: string
  readonly elapsedMs: number
  /** Of the shortest violating schedule: the conviction as text. */
  readonly conviction?: string
}

/** So that a strategy whose steps cannot be repeated is not mistaken for one that was disturbed once. */
const TRIES_PER_SCHEDULE = 3

/** Opens a stage of its own for it. */
export async function explore(
  entry: StrategyEntry,
  engines: Engines,
  scenario: Scenario,
  settings: ExploreSettings,
): Promise<Explored> {
  await using stage = await Stage.open(entry, engines, settings.clients)
  return await exploreOn(stage, scenario, settings)
}

/** On a stage that other scenarios are explored on, too, before or after. */
export async function exploreOn(
  stage: Stage,
  scenario: Scenario,
  settings: ExploreSettings,
): Promise<Explored> {
  const startedMs = monotonicMs()
  const { clients, schedulesMax, prunes = 'order and names', signal } = settings
  const search = new Search(prunes, twinsOf(scenario, clients))
  const tally = new Tally()
  const reasons: string[] = []
  let pruned = 0
  let tries = 0
  let batch: Batch | undefined

  const settle = async (): Promise<void> => {
    for (const judged of (await batch?.judge()) ?? []) {
      tally.add(judged)
      settings.onJudged?.(judged)
    }
    batch = undefined
    settings.onProgress?.(stage.entry.name, scenario.name, tally.schedules)
  }

  let runs = 0
  while (!search.isOver) {
    signal?.throwIfAborted()
    if (runs >= schedulesMax) {
      reasons.push(`it was ended after ${schedulesMax} schedules; there are more`)
      break
    }
    batch ??= await Batch.open(stage, scenario)
    const prepared = batch.next()
    if (prepared === undefined) {
      await settle()
      continue
    }
    try {
      const over = await run(stage, scenario, prepared, search)
      tries = 0
      if (over.isComplete) {
        runs++
        batch.add(over)
      } else pruned++
    } catch (error) {
      if (error instanceof NotRepeatableError && ++tries < TRIES_PER_SCHEDULE) continue
      if (!(error instanceof NotRepeatableError || error instanceof StandstillError)) throw error
      reasons.push(error.message)
      break
    }
    search.turn()
  }
  await settle()
  const outOfReach = deadlineOutOfReach(stage, scenario)
  if (outOfReach !== undefined) reasons.push(outOfReach)
  const { givenUp } = search
  const elapsedMs = monotonicMs() - startedMs
  return told(stage, scenario, { clients, tally, pruned, givenUp, reasons, elapsedMs })
}

/** Why the deadline could not pass in any schedule, where it is the scenario's to pass. */
function deadlineOutOfReach({ entry, witness }: Stage, { happenings }: Scenario): string | undefined {
  if (!happenings.includes('deadline') || witness?.deadline !== undefined) return undefined
  const why =
    entry.ledger === undefined
      ? 'the strategy states no ledger'
      : `nobody can move a deadline in the ledger ${entry.ledger.name}`
  return `no deadline could be made to pass: ${why}`
}

/** What the schedules so far came to. */
class Tally {
  schedules = 0
  violating = 0
  overselling = 0
  acknowledged = 0
  shortest: Judged | undefined
  readonly doubts = new Set<string>()
  storeNotRead: string | undefined

  add(judged: Judged): void {
    const { verdict, doubts } = judged
    this.schedules++
    this.storeNotRead ??= judged.storeNotRead
    for (const doubt of doubts) this.doubts.add(doubt)
    if (verdict.verdict === 'valid') this.acknowledged++
    if (verdict.verdict !== 'invalid') return
    this.violating++
    if (verdict.violations.some(({ kind }) => kind === 'oversell')) this.overselling++
    if (this.shortest === undefined || weightOf(judged) < weightOf(this.shortest)) this.shortest = judged
  }
}

/** Fewest steps first; among those, an oversell before anything else, and then fewest changes from one client to another. */
function weightOf({ run: { steps }, verdict }: Judged): number {
  const changes = steps.filter((step, at) => at > 0 && step !== steps[at - 1]).length
  const isOversell = verdict.violations.some(({ kind }) => kind === 'oversell')
  return steps.length * 10_000 + (isOversell ? 0 : 5_000) + changes
}

interface Told {
  readonly clients: number
  readonly tally: Tally
  readonly pruned: number
  readonly givenUp: number
  readonly reasons: readonly string[]
  readonly elapsedMs: number
}

function told(
  stage: Stage,
  scenario: Scenario,
  { clients, tally, pruned, givenUp, reasons, elapsedMs }: Told,
): Explored {
  const { entry } = stage
  const { schedules, violating, overselling, shortest } = tally
  const unsure = [...reasons, ...tally.doubts]
  if (tally.acknowledged === 0 && violating === 0) unsure.push('no hold was acknowledged in any schedule')
  const outcome = violating > 0 ? 'violated' : unsure.length > 0 ? 'unknown' : 'proved'
  const scheduleOf = ({ run: { steps } }: Judged): Schedule => ({
    strategy: entry.name,
    scenario: scenario.name,
    clients,
    steps,
  })
  return {
    strategy: entry.name,
    scenario: scenario.name,
    clients,
    outcome,
    schedules,
    violating,
    overselling,
    pruned,
    givenUp,
    reasons: violating > 0 ? [] : unsure,
    asPromised: isAsExpected(expectedOf(entry, scenario), outcome, {
      isOversellOnly: violating === overselling,
    }),
    elapsedMs,
    ...(tally.storeNotRead !== undefined && { storeNotRead: tally.storeNotRead }),
    ...(shortest && {
      schedule: formatSchedule(scheduleOf(shortest)),
      diagramSvg: diagram({
        schedule: scheduleOf(shortest),
        scenario,
        events: shortest.run.events,
        wrong: wrongIn(shortest.verdict),
      }),
      conviction: describe(shortest.verdict, shortest.run.header),
    }),
  }
}
