/** The load profiles as the harness knows them: what is on sale, and the default rate and duration. */
import { type LoadStep, SPIKE } from './load-trial.ts'

export interface ProfileFacts {
  readonly name: string
  readonly summary: string
  readonly venue: string
  readonly ratePerSecond: number
  readonly seconds: number
  readonly vus: number
  readonly isClosedLoop?: true
  /** All buyers come in the same instant; `vus` is their number. */
  readonly isSpike?: true
  readonly ratesPerSecond?: readonly number[]
  readonly viewersPerSecond?: number
}

/** Passed to the scripts as settings, so that they are defined in one place. */
export const PROFILES: readonly ProfileFacts[] = [
  {
    name: 'smoke',
    summary: 'four concurrent buyers for each seat, briefly',
    venue: 'small',
    ratePerSecond: 50,
    seconds: 3,
    vus: 500,
  },
  {
    name: 'steady',
    summary: 'random seats of a stadium, at a constant rate',
    venue: 'stadium',
    ratePerSecond: 200,
    seconds: 10,
    vus: 500,
  },
  {
    name: 'ramp',
    summary: 'the same, at increasing rates until latency breaks down',
    venue: 'stadium',
    ratePerSecond: 0,
    ratesPerSecond: [100, 200, 400, 800, 1_600],
    seconds: 4,
    vus: 500,
  },
  {
    name: 'hot-seat',
    summary: 'buyers hold and release the same seat, four at a time',
    venue: 'small',
    ratePerSecond: 50,
    seconds: 10,
    vus: 500,
  },
  {
    name: 'sell-out',
    summary: 'a GA tier is sold out, and requests continue',
    venue: 'small',
    ratePerSecond: 300,
    seconds: 5,
    vus: 500,
  },
  {
    name: 'viewers',
    summary: 'many readers of an 80,000-seat map while others buy',
    venue: 'stadium',
    ratePerSecond: 100,
    viewersPerSecond: 50,
    seconds: 8,
    vus: 500,
  },
  {
    name: 'maximum',
    summary: 'a closed loop: each buyer starts again as soon as the last answer arrives',
    venue: 'stadium',
    ratePerSecond: 0,
    seconds: 5,
    vus: 64,
    isClosedLoop: true,
  },
  {
    name: 'spike',
    summary: 'all buyers in the same instant: until when does the last one know?',
    venue: 'stadium',
    ratePerSecond: 0,
    seconds: 60,
    vus: 1_000,
    isSpike: true,
  },
]

/** Before each step of a ramp; `CLIMB_S` of the scripts. */
const CLIMB_S = 1
/** Rivals come first, and the measurement starts this much later: `START_S` of the scripts. */
const START_S = 4

/** Overrides of the profile's own values. */
export interface LoadChoice {
  readonly ratePerSecond?: number
  readonly ratesPerSecond?: readonly number[]
  readonly seconds?: number
  readonly vus?: number
  readonly viewersPerSecond?: number
}

export interface PlannedLoad {
  readonly profile: ProfileFacts
  readonly steps: readonly LoadStep[]
  /** The duration of each step. */
  readonly stepMs: number
  readonly vus: number
  /** The script's settings. */
  readonly settings: Readonly<Record<string, string>>
  readonly loadMs: number
}

export function plannedLoad(profile: ProfileFacts, choice: LoadChoice): PlannedLoad {
  const seconds = choice.seconds ?? profile.seconds
  const vus = choice.vus ?? profile.vus
  const rate = choice.ratePerSecond ?? profile.ratePerSecond
  const rates = choice.ratesPerSecond ?? profile.ratesPerSecond ?? []
  const viewers = choice.viewersPerSecond ?? profile.viewersPerSecond
  const steps: readonly LoadStep[] = profile.isClosedLoop
    ? [{ scenario: 'closed_loop' }]
    : profile.isSpike
      ? [{ scenario: SPIKE }]
      : rates.length > 0
        ? rates.map((each) => ({ scenario: `at_${each}`, offeredPerSecond: each }))
        : [{ scenario: 'buyers', offeredPerSecond: rate }]
  return {
    profile,
    steps,
    stepMs: seconds * 1_000,
    vus,
    settings: {
      SECONDS: String(seconds),
      VUS: String(vus),
      ...(rate > 0 && { RATE: String(rate) }),
      ...(rates.length > 0 && { RATES: rates.join(',') }),
      ...(viewers !== undefined && { VIEWERS_RATE: String(viewers) }),
    },
    loadMs: (START_S + steps.length * (seconds + CLIMB_S)) * 1_000,
  }
}
