/**
 * Who comes, how fast. Requests arrive at a rate, whatever the service does (an open model),
 * except in `maximum`, which is a closed loop and says so: there a slow service is asked less,
 * and its queue is not seen.
 */
import type { Options, Scenario, Threshold } from 'k6/options'

const PROFILES = ['smoke', 'steady', 'ramp', 'hot-seat', 'sell-out', 'viewers', 'maximum'] as const
type Profile = (typeof PROFILES)[number]

/**
 * What a buyer wants: a seat out of many, the next one that nobody has asked for, always the same
 * one, or a unit of a class.
 */
type Wanted = 'any-seat' | 'next-seat' | 'one-seat' | 'class'
/** What becomes of what was had. */
type Fate = 'confirm' | 'release' | 'mostly-confirm'

interface Behaviour {
  readonly wants: Wanted
  readonly fate: Fate
  /** Buyers who ask at the same moment for the same; 1 unless it says otherwise. */
  readonly together?: number
}

/** So that a run is bounded whatever was asked for. */
const RATE_MAX = 20_000
const SECONDS_MAX = 600
const VUS_MAX = 2_000
/** A hold that takes longer than this has lost its buyer. */
const HOLD_P99_MS_MAX = 5_000
/** Above it, the engine or the network is in trouble, and the figures are of that. */
const UNKNOWN_RATE_MAX = 0.01

const BEHAVIOURS: Readonly<Record<Profile, Behaviour>> = {
  smoke: { wants: 'next-seat', fate: 'confirm', together: 4 },
  steady: { wants: 'any-seat', fate: 'mostly-confirm' },
  ramp: { wants: 'any-seat', fate: 'confirm' },
  'hot-seat': { wants: 'one-seat', fate: 'release' },
  'sell-out': { wants: 'class', fate: 'confirm' },
  viewers: { wants: 'any-seat', fate: 'confirm' },
  maximum: { wants: 'any-seat', fate: 'confirm' },
}

export const profile = profileOf(__ENV.PROFILE ?? 'smoke')
export const behaviour = BEHAVIOURS[profile]

/** Requests begun per second. */
const rate = numberFrom(
  'RATE',
  { smoke: 50, 'hot-seat': 200, 'sell-out': 300 }[profile as string] ?? 200,
  RATE_MAX,
)
const seconds = numberFrom('SECONDS', profile === 'smoke' ? 3 : 10, SECONDS_MAX)
/**
 * Buyers at most at once; the rate is not reached when they are all waiting, which is
 * told as dropped iterations.
 */
const vus = numberFrom('VUS', profile === 'maximum' ? 64 : 500, VUS_MAX)
const viewersRate = numberFrom('VIEWERS_RATE', 100, RATE_MAX)
/** Of `ramp`: offered requests per second, step by step. */
const rampRates = (__ENV.RATES ?? '100,200,400,800,1600')
  .split(',')
  .map((text) => wholeNumber('RATES', text, RATE_MAX))

/**
 * From one of these to the next. Nobody is counted there but in the store: figures
 * are of the level stretches.
 */
const CLIMB_S = 1

/**
 * k6's options for this profile. `dropped` is how many requests may be dropped: none but in a ramp,
 * which looks for the knee.
 */
export function options(): Options {
  const scenarios = scenariosOf()
  return {
    scenarios,
    thresholds: thresholds(Object.keys(scenarios)),
    summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max', 'count'],
    // One buyer's requests are one after another; what a browser would add is nobody's here.
    noConnectionReuse: false,
    discardResponseBodies: false,
  }
}

function scenariosOf(): Record<string, Scenario> {
  const openModel = (perSecond: number) => ({
    exec: 'buy',
    timeUnit: '1s',
    preAllocatedVUs: Math.min(vus, Math.max(20, Math.ceil(perSecond / 4))),
    maxVUs: vus,
    gracefulStop: '30s',
  })
  const arrivals = (perSecond: number, more: Partial<Scenario> = {}): Scenario =>
    ({
      ...openModel(perSecond),
      executor: 'constant-arrival-rate',
      rate: perSecond,
      duration: `${seconds}s`,
      ...more,
    }) as Scenario
  const climb = (from: number, to: number, startS: number): Scenario => ({
    ...openModel(to),
    executor: 'ramping-arrival-rate',
    startRate: from,
    stages: [{ target: to, duration: `${CLIMB_S}s` }],
    startTime: `${startS}s`,
  })
  switch (profile) {
    case 'ramp':
      return Object.fromEntries(
        rampRates.flatMap((perSecond, at) => {
          const startS = at * (seconds + CLIMB_S)
          const from = rampRates[at - 1] ?? 1
          return [
            [`to_${perSecond}`, climb(from, perSecond, startS)],
            [`at_${perSecond}`, arrivals(perSecond, { startTime: `${startS + CLIMB_S}s` })],
          ]
        }),
      )
    case 'viewers':
      return { buyers: arrivals(rate), viewers: arrivals(viewersRate, { exec: 'look' }) }
    case 'maximum':
      return {
        closed_loop: {
          executor: 'constant-vus',
          exec: 'buy',
          vus,
          duration: `${seconds}s`,
          gracefulStop: '30s',
        },
      }
    default:
      return { buyers: arrivals(rate) }
  }
}

function thresholds(scenarios: readonly string[]): Record<string, Threshold[]> {
  const all: Record<string, Threshold[]> = {
    // An audit that was not made must not look like one that found nothing.
    audits_completed: ['count>0'],
    oversold_units: ['count==0'],
    store_complaints: ['count==0'],
    lost_sales: ['count<=0'],
    phantom_sales: ['count>=0'],
    unexpected: ['count==0'],
    unknown_rate: [`rate<${UNKNOWN_RATE_MAX}`],
  }
  // A ramp goes past the knee on purpose.
  if (profile !== 'ramp') {
    all.hold_ms = [`p(99)<${HOLD_P99_MS_MAX}`]
    all.dropped_iterations = ['count==0']
  }
  // A figure of one scenario reaches the summary only if a threshold names it; these cannot be missed.
  for (const scenario of scenarios) {
    all[`held{scenario:${scenario}}`] = ['count>=0']
    all[`hold_ms{scenario:${scenario}}`] = ['max>=0']
    all[`unknown{scenario:${scenario}}`] = ['count>=0']
    all[`dropped_iterations{scenario:${scenario}}`] = ['count>=0']
  }
  return all
}

function profileOf(text: string): Profile {
  const known = PROFILES.find((each) => each === text)
  if (known === undefined) throw new Error(`PROFILE must be one of ${PROFILES.join(', ')}, not "${text}"`)
  return known
}

function numberFrom(name: string, otherwise: number, max: number): number {
  const text = __ENV[name]
  return text === undefined || text === '' ? otherwise : wholeNumber(name, text, max)
}

function wholeNumber(name: string, text: string, max: number): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > max) {
    throw new Error(`${name} must be a whole number from 1 to ${max}, not "${text}"`)
  }
  return value
}
