/**
 * What is asked before any judge: whether one buyer alone is answered at all, by every method of the
 * contract. Those of an empty exercise say that they are not written yet.
 */
import type { Engines } from '../../harness/engines/open.ts'
import { METHODS } from '../../harness/entries/own-strategy.ts'
import { reasonOf } from '../../harness/errors.ts'
import { prepareGround } from '../../harness/ground/ground.ts'
import { NoAnswerError, within } from '../../harness/within.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import { holdId, resourceId } from '../../strategies/validation.ts'

/** How an empty exercise marks its errors. */
const NOT_WRITTEN = 'not-written'

const POOL_SIZE = 2
/** Far longer than an answer takes where nobody else asks. */
const CALL_MS_MAX = 20_000
const TTL_MS = 60_000

export interface Alone {
  /** The methods that only say that they are not written yet, in the order of the contract. */
  readonly unwritten: readonly string[]
  /** In one sentence, which method threw first, or has no answer; absent if none did. */
  readonly failure?: string
}

/** Throws what its engines throw, and what `create` of the strategy does. */
export async function askedAlone(entry: StrategyEntry, engines: Engines): Promise<Alone> {
  const ground = await prepareGround(entry, engines, POOL_SIZE)
  try {
    const settings = { criticalSection: async () => {}, random: Math.random }
    return await asked(await entry.open(ground.connections, settings))
  } finally {
    await ground.dispose()
  }
}

/** What a method answers is for the judges. After one that fails, others may fail for that reason alone. */
async function asked(strategy: ReservationStrategy): Promise<Alone> {
  const seat = resourceId('seat')
  const [first, second] = [holdId('first'), holdId('second')]
  const request = { holdId: first, lines: [{ resourceId: seat, quantity: 1 }], ttlMs: TTL_MS }
  const calls: Readonly<Record<keyof ReservationStrategy, () => Promise<unknown>>> = {
    createResources: () => strategy.createResources([{ id: seat, capacity: 1 }]),
    hold: () => strategy.hold(request),
    confirm: () => strategy.confirm(first),
    release: () => strategy.release(second),
    availability: () => strategy.availability([seat]),
    expireDue: () => strategy.expireDue(1),
    close: () => strategy.close(),
  }
  const unwritten: string[] = []
  for (const name of METHODS) {
    try {
      await within(CALL_MS_MAX, calls[name]())
    } catch (error) {
      if (isNotWritten(error)) unwritten.push(name)
      else if (unwritten.length === 0) return { unwritten, failure: `${name} ${whyNone(error)}` }
    }
  }
  return { unwritten }
}

function whyNone(thrown: unknown): string {
  if (thrown instanceof NoAnswerError) return `had no answer within ${CALL_MS_MAX / 1_000} s`
  return `threw: ${reasonOf(thrown)}`
}

function isNotWritten(thrown: unknown): boolean {
  return thrown instanceof Error && Reflect.get(thrown, 'code') === NOT_WRITTEN
}
