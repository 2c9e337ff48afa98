/**
 * Goal: the page's script tells a visitor what the server tells. Method: the words of the script, run as a browser would, beside those
 * of the server.
 */
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { estimateOf, Pace, positionOf } from '../../shop/waiting-room/queue/position.ts'
import { WORDS_SCRIPT } from '../../shop/waiting-room/web/room-script.ts'
import { clockText, lineText, waitText } from '../../shop/waiting-room/web/words.ts'

/** A context that has nothing of the server. */
function inPage(expression: string, given: Readonly<Record<string, unknown>>): unknown {
  return runInNewContext(`(() => {\n${WORDS_SCRIPT}\n  return ${expression}\n})()`, { ...given })
}

test('the wait that a page shows is the one of the server, however few calls were seen', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2_000_000 }),
      fc.integer({ min: 5, max: 100_000 }),
      fc.integer({ min: 1_000, max: 120_000 }),
      (position, calls, ms) => {
        const pace = new Pace()
        pace.see({ atMs: 0, calledNumber: 3 })
        pace.see({ atMs: ms, calledNumber: 3 + calls })
        const told = { position, pace: pace.perMinute(), calls: pace.calls }
        expect(inPage('waitText(pace && waitFor(position, pace, calls))', told)).toBe(
          waitText(pace.of(position)),
        )
      },
    ),
    { numRuns: 60 },
  )
})

test('ten calls in ten seconds leave the range of ten calls', () => {
  const samples = [
    { atMs: 0, calledNumber: 0 },
    { atMs: 10_000, calledNumber: 10 },
  ]
  const estimate = estimateOf(600, samples) ?? expect.fail('no estimate')
  const told = { position: 600, pace: 60, calls: 10 }
  expect(inPage('waitText(waitFor(position, pace, calls))', told)).toBe(waitText(estimate))
  expect(waitText(estimate)).toBe('about 10 minutes (5 to 15)')
})

test.for([
  { door: 'queue', stock: 'some', isOpen: true, opensInMs: 0, pace: 12.4 },
  { door: 'queue', stock: 'some', isOpen: true, opensInMs: 0 },
  { door: 'queue', stock: 'held', isOpen: true, opensInMs: 0 },
  { door: 'closed', stock: 'some', isOpen: true, opensInMs: 0 },
  { door: 'queue', stock: 'some', isOpen: false, opensInMs: 61_000 },
] as const)('the line of %o, its clock and the position read the same on both sides', (room) => {
  expect(inPage('lineText(room, clockText)', { room })).toBe(lineText(room, clockText))
  expect(inPage('clockText(61000)', {})).toBe(clockText(61_000))
  const figures = { calledNumber: 4, length: 20 }
  expect(inPage('positionOf(9, figures)', { figures })).toBe(positionOf(9, figures))
})
