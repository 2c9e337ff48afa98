/**
 * The probe of a strategy whose store only it can read. Free units are found by holding and releasing, and
 * the answers are recorded like a buyer's, so that they are judged against the whole history: units that were
 * never freed are an undersell, and units that do not exist an oversell, without reading the store.
 */
import type { ReservationStrategy, Resource } from '../../strategies/strategy.ts'
import { invokedNowUs, returnedNowUs } from '../clock.ts'
import type { Operation } from '../history/record.ts'
import { type Answer, holdRecord, releaseRecord, type Stamp } from '../workloads/recorder.ts'
import { type CanHold, type Probed, type ProbeLimits, probe, type Seller } from './probe.ts'

/** Larger than the number of any caller. */
const PROCESS_FIRST = 1_000_000

export interface ProbedAsBuyer {
  readonly operations: readonly Operation[]
  /** What could not be determined, or contradicted the strategy's own answers: one sentence each. */
  readonly failures: readonly string[]
  readonly isStuck: boolean
  /** Resources that cannot be held, one sentence each. */
  readonly starved: readonly string[]
}

export async function probeAsBuyer(
  strategy: ReservationStrategy,
  resources: readonly Resource[],
  limits?: ProbeLimits,
): Promise<ProbedAsBuyer> {
  const operations: Operation[] = []
  const questions = resources.map(({ id, capacity }) => ({
    resourceId: id,
    unitsExpected: (canHold: CanHold) => mostThatCanBeHeld(capacity, canHold),
  }))
  const sellerOf = (asker: number) =>
    recorded(strategy, PROCESS_FIRST + asker, (operation) => operations.push(operation))
  const { probes, failures, starved, isStuck } = await probe(questions, sellerOf, limits)
  return { operations, isStuck, starved, failures: [...failures, ...probes.flatMap(disappointment)] }
}

/** By binary search; a sold-out resource takes one request, since contended resources usually are. */
async function mostThatCanBeHeld(capacity: number, canHold: CanHold): Promise<number> {
  if (!(await canHold(1))) return 0
  let held = 1
  let refused = capacity + 1
  while (refused - held > 1) {
    const units = Math.floor((held + refused) / 2)
    if (await canHold(units)) held = units
    else refused = units
  }
  return held
}

function disappointment({ resourceId, unitsExpected, unitsHeld, oneMoreRefused }: Probed['probes'][number]) {
  const said = `${unitsExpected} units of ${resourceId} could be held at rest`
  if (unitsHeld < unitsExpected) return [`${said}, but a moment later they could not`]
  return oneMoreRefused ? [] : [`${said}, but one more could be held`]
}

function recorded(
  strategy: ReservationStrategy,
  process: number,
  record: (operation: Operation) => void,
): Seller {
  async function noted<T>(
    call: () => Promise<T>,
    recordOf: (stamp: Stamp, answer: Answer<T>) => Operation,
  ): Promise<T> {
    const invokedUs = invokedNowUs()
    const stamp = () => ({ process, invokedUs, returnedUs: returnedNowUs() })
    try {
      const outcome = await call()
      record(recordOf(stamp(), { kind: 'answered', outcome }))
      return outcome
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      record(recordOf(stamp(), { kind: 'unknown', error: why }))
      throw error
    }
  }
  return {
    hold: (request) =>
      noted(
        () => strategy.hold(request),
        (stamp, answer) => holdRecord(stamp, request, answer),
      ),
    release: (id) =>
      noted(
        () => strategy.release(id),
        (stamp, answer) => releaseRecord(stamp, id, answer),
      ),
  }
}
