/**
 * Goal: the time until an abandoned seat is had again counts only what says something about the strategy.
 * Method: handmade operations of one seat.
 */
import { describe, expect, it } from 'vitest'
import type { HistoryHeader, Operation } from '../../harness/history/record.ts'
import { freedAfterMs } from '../../harness/performance/freed.ts'
import { holdId, resourceId } from '../../strategies/validation.ts'

const SEAT = resourceId('seat')
const TIER = resourceId('tier')
const ABOUT: Pick<HistoryHeader, 'clock' | 'resources'> = {
  // The engine's clock is a second ahead.
  clock: { offsetMs: 1_000, errorMs: 0 },
  resources: [
    { id: SEAT, capacity: 1 },
    { id: TIER, capacity: 9 },
  ],
}
/** By the engine's clock; 50 ms by ours. */
const DEADLINE_MS = 1_050

function call(id: string, atMs: number, of: 'held' | 'sold-out' | 'unknown', resource = SEAT): Operation {
  const asked = {
    type: 'operation',
    process: 1,
    invokedUs: atMs * 1_000,
    returnedUs: (atMs + 1) * 1_000,
    op: 'hold',
    holdId: holdId(id),
    lines: [[resource, 1]],
    ttlMs: 1_000,
  } as const
  switch (of) {
    case 'held':
      return { ...asked, result: 'ok', deadlineMs: DEADLINE_MS, attempts: 1 }
    case 'sold-out':
      return { ...asked, result: 'fail', why: 'sold-out', resourceId: resource, attempts: 1 }
    case 'unknown':
      return { ...asked, result: 'info', error: 'cut' }
  }
}

function ending(id: string, op: 'confirm' | 'release'): Operation {
  return {
    type: 'operation',
    process: 1,
    invokedUs: 2_000,
    returnedUs: 3_000,
    op,
    holdId: holdId(id),
    result: 'ok',
  }
}

const ASKED = [call('a', 0, 'held'), call('b', 48, 'sold-out'), call('c', 52, 'sold-out')]

describe('an abandoned seat', () => {
  it('is had again when the call that was granted it ended, counted from its deadline', () => {
    expect(freedAfterMs([...ASKED, call('d', 60, 'held')], ABOUT)).toMatchObject({ count: 1, max: 11 })
  })

  it('is not late because nobody asked', () => {
    expect(freedAfterMs([...ASKED, call('d', 500, 'held')], ABOUT)).toBeUndefined()
    expect(freedAfterMs([call('a', 0, 'held'), call('d', 60, 'held')], ABOUT)).toBeUndefined()
  })

  it('was abandoned: neither sold nor released', () => {
    for (const op of ['confirm', 'release'] as const)
      expect(freedAfterMs([...ASKED, ending('a', op), call('d', 60, 'held')], ABOUT)).toBeUndefined()
  })

  it('is not known to have been abandoned after an unknown answer', () => {
    expect(freedAfterMs([...ASKED, call('x', 54, 'unknown'), call('d', 60, 'held')], ABOUT)).toBeUndefined()
  })

  it('is a seat: a unit of several may be another one', () => {
    const tier = [call('a', 0, 'held', TIER), call('b', 52, 'sold-out', TIER), call('d', 60, 'held', TIER)]
    expect(freedAfterMs(tier, ABOUT)).toBeUndefined()
  })
})
