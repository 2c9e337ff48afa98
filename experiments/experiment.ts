/**
 * What an experiment is: a question that a reader asks, answered by measurement.
 *
 * An experiment says beforehand what it expects and why (`prediction`), which conditions it varies
 * (`factors`), which few strategies its question needs (in `sections`), and which figures answer it. Its
 * answer is a sentence computed from the data: whatever the data do not carry is not said, and what lies
 * within the noise is called a tie. The rules are in `harness/report/samples.ts` and `ranking.ts`: a
 * percentile needs enough waits, a ranking enough repeats of enough duration; both stand beside every figure.
 *
 * Published claims are tied to the experiment that tests them under their own conditions. A condition that an
 * experiment cannot make is named (`lacks`): such a claim is not judged as if it had been made.
 *
 * A new experiment is one file in this folder and one line in `registry.ts`; the command `study`, its page,
 * its charts and the tests follow from it.
 */
import type { Section } from '../harness/compare/plan.ts'
import type { Durability } from '../harness/engines/engine.ts'
import type { Workload } from '../harness/workloads/workload.ts'
import type { StrategyEntry } from '../strategies/registry.ts'
import type { EngineName } from '../strategies/strategy.ts'
import type { Condition, ExperimentData } from './data.ts'
import type { FigureName } from './figures.ts'

export interface Experiment {
  /** As its file. */
  readonly name: string
  /** As a reader asks it. */
  readonly question: string
  /** What is expected, and why; written before it was measured. */
  readonly prediction: string
  readonly factors: readonly Factor[]
  /** The trials: each strategy under each condition, several times. */
  sections(scale: Scale): readonly Section[]
  /** Workloads of its own, beside those of the registry. */
  readonly workloads?: readonly Workload[]
  /**
   * Strategies that its question needs and nobody should use, beside those of the registry. A process of its
   * own cannot load them.
   */
  readonly variants?: readonly StrategyEntry[]
  /** How engines acknowledge; the whole plan is run under each. By default only `durable`. */
  readonly durabilities?: readonly Durability[]
  /** Shapes of engines that it compares: the plan is run on each. By default that of the environment. */
  readonly setups?: readonly EngineSetup[]
  /** What its table shows, the most important first. */
  readonly figures: readonly FigureName[]
  readonly chart: ChartRequest
  readonly claims: readonly TestedClaim[]
  /** What of the prediction can be told from two figures. */
  readonly expectations?: readonly Expectation[]
  /** One or two sentences. */
  answer(data: ExperimentData): string
}

/** Engines as variables of the environment shape them: so many servers, or a cluster. */
export interface EngineSetup {
  /** In a few words, for tables, and for the names of files; empty for those of the environment. */
  readonly name: string
  readonly env: Readonly<Record<string, string>>
  /** How many servers of an engine are started; by default as many as it has by itself. */
  readonly servers?: Readonly<Partial<Record<EngineName, number>>>
}

/** What is varied, besides the strategy. */
interface Factor {
  readonly name: string
  readonly levels: readonly string[]
}

/** How long and how often: the study, or a quick try that ranks nothing. */
export interface Scale {
  readonly repeats: number
  /** The duration of a trial that should last this long in the study. */
  durationMs(inStudy: number): number
}

export const STUDY: Scale = { repeats: 5, durationMs: (inStudy) => inStudy }

/** Enough to see that everything works; too little to rank. */
const QUICK_MS = 150
export const QUICK: Scale = { repeats: 1, durationMs: (inStudy) => Math.min(inStudy, QUICK_MS) }

/** What tells two conditions of one strategy apart. */
export type Along =
  | 'concurrency'
  | 'poolSize'
  | 'criticalSectionMs'
  | 'networkLatencyMs'
  | 'arrivalsPerSecond'
  | 'processes'

export interface ChartRequest {
  readonly title: string
  readonly figure: FigureName
  readonly along: Along
  /** The workload to draw, if there are several. */
  readonly workload?: string
  /** The number of callers to draw, if there are several. */
  readonly concurrency?: number
  /** A panel for each of its levels, instead of for each family of strategies. */
  readonly panels?: 'workload'
}

/** One figure is expected to be more than another of its kind. */
interface Expectation {
  /** As a clause that could turn out wrong. */
  readonly words: string
  readonly figure: FigureName
  readonly more: Condition
  readonly than: Condition
}

/** The documents whose claims are put to the test, and where they are cited. */
export const SOURCES = {
  tigerfans: 'TigerFans: High-Performance Ticketing with TigerBeetle (000)',
  vetora: 'Ticketmaster, naive (SELECT FOR UPDATE), by Vetora (001)',
  notes: 'the ticket booking design notes (002)',
  article: 'the article on the double booking problem (003)',
} as const

/** A claim, paraphrased. */
export interface Claim {
  readonly source: keyof typeof SOURCES
  readonly claim: string
}

interface TestedClaim extends Claim {
  /** Conditions of the claim that this experiment does not make, one clause each. */
  readonly lacks?: readonly string[]
  judge(data: ExperimentData): Judgement
}

export interface Judgement {
  /** `undecided`: within the noise. */
  readonly outcome: 'holds' | 'does-not-hold' | 'in-part' | 'undecided' | 'not-measured'
  readonly measured: string
}
