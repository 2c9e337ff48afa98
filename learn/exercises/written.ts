/** Which methods of a strategy only say that they are not written yet, as those of an empty exercise do. */
import type { Engines } from '../../harness/engines/open.ts'
import { METHODS } from '../../harness/entries/own-strategy.ts'
import { type Ground, prepareGround } from '../../harness/ground/ground.ts'
import { NoAnswerError, within } from '../../harness/within.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import { holdId, resourceId } from '../../strategies/validation.ts'

/** How an empty exercise marks its errors. */
const NOT_WRITTEN = 'not-written'

const POOL_SIZE = 2
/** Whether a call ends at all is for the judges. */
const CALL_MS_MAX = 5_000
const TTL_MS = 60_000

/** In the order of the contract. Empty if all are written, and also if it cannot even be opened. */
export async function unwrittenOf(
  entry: StrategyEntry,
  engines: Engines,
): Promise<readonly (keyof ReservationStrategy)[]> {
  const ground = await prepareGround(entry, engines, POOL_SIZE)
  try {
    const strategy = await openedOn(ground, entry)
    return strategy === undefined ? [] : await unwrittenIn(strategy)
  } finally {
    await ground.dispose()
  }
}

async function openedOn(
  { connections }: Ground,
  entry: StrategyEntry,
): Promise<ReservationStrategy | undefined> {
  try {
    return await entry.open(connections, { criticalSection: async () => {}, random: Math.random })
  } catch {
    return undefined
  }
}

/** What each method answers is for the judges; here it is only whether there is one. */
async function unwrittenIn(strategy: ReservationStrategy): Promise<readonly (keyof ReservationStrategy)[]> {
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
  const unwritten: (keyof ReservationStrategy)[] = []
  for (const name of METHODS) {
    const thrown = await thrownBy(calls[name])
    if (isNotWritten(thrown)) unwritten.push(name)
    if (thrown instanceof NoAnswerError) break
  }
  return unwritten
}

async function thrownBy(call: () => Promise<unknown>): Promise<unknown> {
  try {
    await within(CALL_MS_MAX, call())
    return undefined
  } catch (error) {
    return error
  }
}

function isNotWritten(thrown: unknown): boolean {
  return thrown instanceof Error && Reflect.get(thrown, 'code') === NOT_WRITTEN
}
