/** Runs every schedule of one strategy in one scenario, and says what that shows. */
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import { describe } from '../checker/conviction.ts'
import { monotonicMs } from '../clock.ts'
import type { Keeping } from '../engines/engine.ts'
import { reasonOf } from '../engines/engine-error.ts'
import type { Engines } from '../engines/open.ts'
import { plain } from '../engines/wording.ts'
import { whyNotKept } from '../ground/kept.ts'
import type { Exploration } from '../results/explorations.ts'
import { onApplicationClock } from './application-clock.ts'
import { Batch, type Judged } from './batch.ts'
import { Coverage } from './coverage.ts'
import { diagram } from './diagram/diagram.ts'
import { SharedMemoryError } from './environment.ts'
import { watchConnections } from './origin.ts'
import { expectedOf, isAsExpected } from './promise.ts'
import type { Varied } from './repeated.ts'
import { run, type Watched } from './run.ts'
import { type Scenario, twinsOf } from './scenario.ts'
import { formatSchedule, type Schedule } from './schedule.ts'
import { type Cut, type Pruning, Search } from './search.ts'
import { Testbed } from './testbed.ts'
import { wrongIn } from './transcript.ts'
import { Walk } from './walk.ts'

/** The progress of an exploration, and whether it has found anything. */
export interface ExplorationProgress {
  readonly strategy: string
  readonly scenario: string
  readonly schedules: number
  readonly violating: number
}

export interface ExploreSettings {
  readonly clients: number
  /** After this many schedules it ends, and nothing is proved. */
  readonly schedulesMax: number
  /** Which equivalent schedules are left out; all of them, unless a test compares. */
  readonly prunes?: Pruning
  readonly signal?: AbortSignal
  /** Called now and then with the progress. */
  readonly onProgress?: (progress: ExplorationProgress) => void
  /** Called with every judged schedule, in the order of the search. */
  readonly onJudged?: (judged: Judged) => void
  /** Called between two steps of every run, also of those that only repeat steps: nothing moves meanwhile. */
  readonly watch?: (watched: Watched) => Promise<void>
  /** Called with each step that is left out, since what follows it has been explored elsewhere. */
  readonly onCut?: (cut: Cut) => void
}

/** An exploration with further facts for readers. */
export interface Explored extends Exploration {
  /** Whether the result is what the strategy promises; false if unknown. */
  readonly asPromised: boolean
  /** `violating` also counts schedules that did not oversell but broke another rule. */
  readonly overselling: number
  /** Runs that were stopped, since they only repeated what another schedule covers. */
  readonly pruned: number
  /**
   * Branches in which PostgreSQL picked one of several waiting sessions in a way that it never repeated: they
   * were followed once.
   */
  readonly givenUp: number
  /** Schedules that did not end and were cut. */
  readonly cut: number
  /** Values that differed between runs of the same steps, one per place, one sentence each. */
  readonly varied: readonly string[]
  /** Why it is unknown; if violated, why it would otherwise have been unknown. */
  readonly reasons: readonly string[]
  /** Why the store itself was not read, so that only histories and probes decided; absent if it was. */
  readonly storeNotRead?: string
  readonly elapsedMs: number
  /** Of the shortest violating schedule: the conviction as text. */
  readonly conviction?: string
}

/** Explores on a new testbed. */
export async function explore(
  entry: StrategyEntry,
  engines: Engines,
  scenario: Scenario,
  settings: ExploreSettings,
): Promise<Explored> {
  await using testbed = await Testbed.open(entry, engines, settings.clients)
  return await exploreOn(testbed, scenario, settings)
}

/**
 * Explores on a testbed that is shared with other scenarios, before or after. A failure on the way is
 * reported by this exploration and does not end the others.
 */
export async function exploreOn(
  testbed: Testbed,
  scenario: Scenario,
  settings: ExploreSettings,
): Promise<Explored> {
  using _watched = watchConnections()
  const startedMs = monotonicMs()
  const exploration = await onApplicationClock(testbed.applicationClock, () =>
    exploredOn(testbed, scenario, settings),
  )
  return exploration.told(monotonicMs() - startedMs, await testbed.keeping())
}

/** If all schedules share the engine's memory, each is run alone. */
async function exploredOn(
  testbed: Testbed,
  scenario: Scenario,
  settings: ExploreSettings,
): Promise<Exploring> {
  testbed.isAlone = false
  const exploration = new Exploring(testbed, scenario, settings)
  try {
    await exploration.all()
    return exploration
  } catch (error) {
    if (!(error instanceof SharedMemoryError)) throw error
    testbed.isAlone = true
    const alone = new Exploring(testbed, scenario, settings)
    await alone.all()
    return alone
  }
}

/** One running exploration. */
class Exploring {
  readonly #testbed: Testbed
  readonly #scenario: Scenario
  readonly #settings: ExploreSettings
  readonly #search: Search
  readonly #tally: Tally
  readonly #walk: Walk
  #batch: Batch | undefined

  constructor(testbed: Testbed, scenario: Scenario, settings: ExploreSettings) {
    this.#testbed = testbed
    this.#scenario = scenario
    this.#settings = settings
    // Only the strategies of the registry are known to use ids for nothing but comparison.
    const isOurs = registry.includes(testbed.entry)
    const { prunes = isOurs ? 'order and names' : 'order', clients, schedulesMax } = settings
    this.#search = new Search(prunes, twinsOf(scenario, clients), settings.onCut)
    this.#walk = new Walk(this.#search, schedulesMax)
    this.#tally = new Tally(scenario)
  }

  /** Runs every schedule, or as many as possible. */
  async all(): Promise<void> {
    try {
      while (this.#walk.goesOn()) await this.#next()
      await this.#settle()
    } catch (error) {
      this.#settings.signal?.throwIfAborted()
      if (error instanceof SharedMemoryError) throw error
      this.#walk.reasons.push(`it broke off: ${reasonOf(error)}`)
      this.#testbed.isUnusable = true
    }
    if (this.#walk.isStuck) this.#testbed.isUnusable = true
  }

  async #next(): Promise<void> {
    this.#settings.signal?.throwIfAborted()
    this.#batch ??= await Batch.open(this.#testbed, this.#scenario)
    const prepared = await this.#batch.next()
    if (prepared === undefined) return await this.#settle()
    const { watch } = this.#settings
    const over = await this.#walk.next((how) =>
      run(this.#testbed, this.#scenario, prepared, { ...how, watch }),
    )
    if (over !== undefined) this.#batch.add(over)
  }

  async #settle(): Promise<void> {
    const { onJudged, onProgress } = this.#settings
    for (const judged of (await this.#batch?.judge()) ?? []) {
      this.#tally.add(judged)
      onJudged?.(judged)
      // What one scenario left behind, the next one must not find.
      if (judged.leavesBehind) this.#testbed.isUnusable = true
    }
    this.#batch = undefined
    const { schedules, violating } = this.#tally
    onProgress?.({ strategy: this.#testbed.entry.name, scenario: this.#scenario.name, schedules, violating })
  }

  told(elapsedMs: number, keeping: readonly Keeping[]): Explored {
    return told(this.#testbed, this.#scenario, {
      clients: this.#settings.clients,
      tally: this.#tally,
      pruned: this.#walk.pruned,
      cut: this.#walk.cut,
      givenUp: this.#search.givenUp,
      varied: this.#search.varied.map(toldVaried),
      reasons: this.#walk.allReasons,
      elapsedMs,
      keeping,
    })
  }
}

/** A value that differed, for a reader. */
function toldVaried({ was, is, where }: Varied): string {
  return `"${was}" was "${is}" in another run of the same steps, in: ${where}`
}

/** The result of the schedules so far. */
class Tally {
  schedules = 0
  violating = 0
  overselling = 0
  shortest: Judged | undefined
  /** Grouped by their text, whatever example they give. */
  readonly #doubts = new Map<string, string>()
  storeNotRead: string | undefined
  readonly #coverage: Coverage

  constructor(scenario: Scenario) {
    this.#coverage = new Coverage(scenario)
  }

  get doubts(): readonly string[] {
    return [...this.#doubts.values()]
  }

  /** Events that should have been seen and were not. */
  get missed(): readonly string[] {
    return this.#coverage.missed
  }

  add(judged: Judged): void {
    const { verdict, doubts } = judged
    this.schedules++
    this.#coverage.add(judged.run)
    this.storeNotRead ??= judged.storeNotRead
    for (const doubt of doubts.map(plain)) {
      const [said = doubt] = doubt.split(', as in: ')
      if (!this.#doubts.has(said)) this.#doubts.set(said, doubt)
    }
    if (verdict.verdict !== 'invalid') return
    this.violating++
    if (verdict.violations.some(({ kind }) => kind === 'oversell')) this.overselling++
    if (this.shortest === undefined || weightOf(judged) < weightOf(this.shortest)) this.shortest = judged
  }
}

/** Fewest steps first; then oversells before other violations; then fewest switches between clients. */
function weightOf({ run: { steps }, verdict }: Judged): number {
  const changes = steps.filter((step, at) => at > 0 && step !== steps[at - 1]).length
  const isOversell = verdict.violations.some(({ kind }) => kind === 'oversell')
  return steps.length * 10_000 + (isOversell ? 0 : 5_000) + changes
}

interface Told {
  readonly clients: number
  readonly tally: Tally
  readonly pruned: number
  readonly cut: number
  readonly givenUp: number
  readonly varied: readonly string[]
  readonly reasons: readonly string[]
  readonly elapsedMs: number
  readonly keeping: readonly Keeping[]
}

function told(
  testbed: Testbed,
  scenario: Scenario,
  { clients, tally, pruned, cut, givenUp, varied, reasons, elapsedMs, keeping }: Told,
): Explored {
  const { entry } = testbed
  const { schedules, violating, overselling, shortest } = tally
  // An expected event that was never seen makes the result unknown.
  const notKept = whyNotKept(keeping, violating > 0)
  const unsure = [...new Set([...notKept, ...reasons, ...tally.doubts, ...tally.missed])]
  const isViolated = violating > 0 && notKept.length === 0
  const outcome = isViolated ? 'violated' : unsure.length > 0 ? 'unknown' : 'proved'
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
    cut,
    givenUp,
    varied,
    reasons: unsure,
    asPromised: isAsExpected(expectedOf(entry, scenario), outcome, {
      isOversellOnly: violating === overselling,
    }),
    elapsedMs,
    ...(tally.storeNotRead !== undefined && { storeNotRead: tally.storeNotRead }),
    ...(isViolated &&
      shortest && {
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
