/**
 * The load profiles. Requests arrive at a rate that does not depend on the service (an open model), except in
 * `maximum`, a closed loop: there a slow service gets fewer requests, and its queue does not show. In `spike`
 * all buyers come in the same instant, once.
 *
 * Every profile begins with rivals, several for each seat: without concurrent requests for one seat, a
 * strategy that sells seats twice could pass. `smoke` has only rivals, as do runs with `--vus` and
 * `--duration`.
 */
import type { Options, Scenario } from 'k6/options'
import { thresholds } from './thresholds.ts'

const PROFILES = ['smoke', 'steady', 'ramp', 'hot-seat', 'sell-out', 'viewers', 'maximum', 'spike'] as const
type Profile = (typeof PROFILES)[number]

/** What a buyer requests: one of many seats, always the same seat, or a unit of a tier. */
type Wanted = 'any-seat' | 'one-seat' | 'class'
/** How holds end. */
type Fate = 'confirm' | 'release' | 'mostly-confirm'

interface Behaviour {
  readonly wants: Wanted
  readonly fate: Fate
  /** Buyers with concurrent requests for the same seat; 1 by default. */
  readonly together?: number
}

/** The settings' maxima, so that every run is limited. */
const RATE_MAX = 20_000
const SECONDS_MAX = 600
const VUS_MAX = 10_000
/** Created before the start: k6 sends no requests while it creates further ones. */
const VUS_AT_FIRST = 60
/** All rivals together request fewer seats than the smallest venue has. */
const RIVALS_PER_SECOND = 50
const RIVALS_S = 3
const RIVALS_VUS = 50

/** Not used by `smoke`, which has only rivals. */
const BEHAVIOURS: Readonly<Record<Profile, Behaviour>> = {
  smoke: { wants: 'any-seat', fate: 'confirm' },
  steady: { wants: 'any-seat', fate: 'mostly-confirm' },
  ramp: { wants: 'any-seat', fate: 'confirm' },
  'hot-seat': { wants: 'one-seat', fate: 'release', together: 4 },
  'sell-out': { wants: 'class', fate: 'confirm' },
  viewers: { wants: 'any-seat', fate: 'confirm' },
  maximum: { wants: 'any-seat', fate: 'confirm' },
  spike: { wants: 'any-seat', fate: 'confirm' },
}

export const profile = profileOf(__ENV.PROFILE ?? 'smoke')
export const behaviour = BEHAVIOURS[profile]

/** Buyers, or groups of concurrent buyers, that start per second. */
const rate = numberFrom(
  'RATE',
  { smoke: 50, 'hot-seat': 50, 'sell-out': 300 }[profile as string] ?? 200,
  RATE_MAX,
)
const seconds = numberFrom('SECONDS', profile === 'smoke' ? 3 : 10, SECONDS_MAX)
/**
 * The most concurrent buyers; if all are waiting, the rate is not reached, which k6 reports as dropped
 * iterations.
 */
const vus = numberFrom('VUS', { maximum: 64, spike: 1_000 }[profile as string] ?? 500, VUS_MAX)
const viewersRate = numberFrom('VIEWERS_RATE', 100, RATE_MAX)
/** For `ramp`: offered requests per second, step by step. */
const rampRates = (__ENV.RATES ?? '100,200,400,800,1600')
  .split(',')
  .map((text) => wholeNumber('RATES', text, RATE_MAX))

/**
 * The time between the rivals and the measurement, and between two rates. It is not measured: figures are of
 * the steps at a constant rate.
 */
const CLIMB_S = 1
/** When the measurement begins. */
const START_S = RIVALS_S + CLIMB_S

/** k6's options for this profile. */
export function options(): Options {
  const scenarios = scenariosOf()
  return {
    scenarios,
    thresholds: thresholds(profile, Object.keys(scenarios)),
    summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max', 'count'],
    // A buyer's requests are sequential; a browser's further requests are left out.
    noConnectionReuse: false,
    discardResponseBodies: false,
  }
}

function scenariosOf(): Record<string, Scenario> {
  if (profile === 'smoke') return { buyers: arrivals(rate, { exec: 'default' }) }
  const rivals = arrivals(RIVALS_PER_SECOND, {
    exec: 'default',
    duration: `${RIVALS_S}s`,
    preAllocatedVUs: RIVALS_VUS,
    maxVUs: RIVALS_VUS,
  })
  return { rivals, ...measured() }
}

function measured(): Record<string, Scenario> {
  const startTime = `${START_S}s`
  switch (profile) {
    case 'ramp':
      return Object.fromEntries(
        rampRates.flatMap((perSecond, at) => {
          const startS = START_S + at * (seconds + CLIMB_S)
          const from = rampRates[at - 1] ?? 1
          return [
            [`to_${perSecond}`, climb(from, perSecond, startS)],
            [`at_${perSecond}`, arrivals(perSecond, { startTime: `${startS + CLIMB_S}s` })],
          ]
        }),
      )
    case 'viewers':
      return {
        buyers: arrivals(rate, { startTime }),
        viewers: arrivals(viewersRate, { exec: 'look', startTime }),
      }
    case 'maximum':
      return {
        closed_loop: {
          executor: 'constant-vus',
          exec: 'buy',
          vus,
          duration: `${seconds}s`,
          gracefulStop: '30s',
          startTime,
        },
      }
    case 'spike':
      return {
        spike: {
          executor: 'per-vu-iterations',
          exec: 'buy',
          vus,
          iterations: 1,
          maxDuration: `${seconds}s`,
          gracefulStop: '30s',
          startTime,
        },
      }
    default:
      return { buyers: arrivals(rate, { startTime }) }
  }
}

function openModel(perSecond: number) {
  return {
    exec: 'buy',
    timeUnit: '1s',
    preAllocatedVUs: Math.min(vus, Math.max(VUS_AT_FIRST, Math.ceil(perSecond / 4))),
    maxVUs: vus,
    gracefulStop: '30s',
  }
}

function arrivals(perSecond: number, more: Partial<Scenario> = {}): Scenario {
  return {
    ...openModel(perSecond),
    executor: 'constant-arrival-rate',
    rate: perSecond,
    duration: `${seconds}s`,
    ...more,
  } as Scenario
}

function climb(from: number, to: number, startS: number): Scenario {
  return {
    ...openModel(to),
    executor: 'ramping-arrival-rate',
    startRate: from,
    stages: [{ target: to, duration: `${CLIMB_S}s` }],
    startTime: `${startS}s`,
  }
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
