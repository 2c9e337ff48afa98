/**
 * An onsale as three workloads, which differ in how buyers are received: all of them wait, those who would
 * wait for long are refused at once, or they stand in line in a waiting room. Callers are what the service
 * can do at once.
 */
import { monotonicMs } from '../harness/clock.ts'
import { Random } from '../harness/workloads/random.ts'
import {
  callers,
  type PlanSettings,
  resource,
  retryWaits,
  units,
  type Workload,
  type WorkloadPlan,
} from '../harness/workloads/workload.ts'
import { OnsaleCrowd, type OnsaleRequest, type Reception } from './onsale-crowd.ts'

/** What a service can do at once, and how long it works for each request that was granted. */
export const SLOTS = 32
export const WORK_MS = 25
/** On sale: enough for a 99th percentile. */
export const UNITS = 1_100
/** An abandoned hold comes back within the sale. */
const TTL_MS = 1_000
/** Where nobody says how many come. */
const ARRIVALS_PER_SECOND = 1_000
/** A caller without a request looks again so soon. */
const IDLE_MS = 1
/** From the last arrival: everybody has tried as often as they do. */
const OVER_MS_MAX = 15_000

/** The usual backlog of a server, in which buyers lose patience. */
const ALL_WAIT: Reception = { backlogMax: 4_096 }
/** Served well within a buyer's patience. */
const FEW_WAIT: Reception = { backlogMax: 64 }
/** Two for each slot: one is served while the next is on the way. */
const ROOM: Reception = { ...ALL_WAIT, activeMax: 2 * SLOTS }

export const onsale: Workload = {
  name: 'onsale',
  summary: 'buyers of an onsale all wait for an answer',
  plan: (settings) => planOf(settings, ALL_WAIT),
}

export const onsaleBusy: Workload = {
  name: 'onsale-busy',
  summary: 'an onsale whose service says at once that it is busy',
  plan: (settings) => planOf(settings, FEW_WAIT),
}

export const onsaleRoom: Workload = {
  name: 'onsale-room',
  summary: 'an onsale behind a waiting room',
  plan: (settings) => planOf(settings, ROOM),
}

function planOf(settings: PlanSettings, reception: Reception): WorkloadPlan {
  const { seed, durationMs, arrivalsPerSecond = ARRIVALS_PER_SECOND } = settings
  const tickets = resource(settings, 'onsale', UNITS)
  const crowd = new OnsaleCrowd({
    reception,
    random: new Random(seed, 'onsale'),
    arrivalsPerSecond,
    arrivingMs: durationMs,
    units: UNITS,
  })
  let openedMs: number | undefined
  const now = (): number => {
    openedMs ??= monotonicMs()
    return monotonicMs() - openedMs
  }
  return {
    resources: [tickets],
    callers: callers(settings, (caller) => {
      const random = new Random(seed, 'onsale', caller)
      let request: OnsaleRequest | undefined
      let isBought = false
      return {
        role: 'buyer',
        async arrives(wait) {
          if (request !== undefined) crowd.answer(request, isBought, now())
          do {
            crowd.advance(now())
            request = crowd.take()
          } while (request === undefined && !crowd.isOver && (await wait(IDLE_MS)))
          isBought = false
        },
        next() {
          const own = request
          if (own === undefined) return undefined
          return {
            kind: 'hold',
            lines: [units(tickets)],
            ttlMs: TTL_MS,
            copies: 1,
            retryAfterMs: retryWaits(random),
            steps: [
              { do: 'pause', ms: WORK_MS },
              {
                do: 'confirm-if',
                isWanted() {
                  isBought = own.isWaitedFor
                  return isBought
                },
              },
            ],
          }
        },
      }
    }),
    durationMs,
    crowd: () => crowd.record(),
    goesOn: { isEnough: () => crowd.isOver, durationMsMax: durationMs + OVER_MS_MAX },
  }
}
