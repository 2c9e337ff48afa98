/**
 * Goal: after a fault, goodput counts as back if its interval overlaps the one before, and not for a single
 * good moment. Method: grants at known rates, before a fault of an instant and after it.
 */
import { describe, expect, it } from 'vitest'
import { COMPARED_MS, isAsBefore, usual, WINDOW_MS } from '../../harness/faults/found.ts'
import type { FaultWatch } from '../../harness/faults/watch.ts'

/** Holds granted in each window from 0 on. */
function watchOf(perWindow: readonly number[]): FaultWatch {
  const grants = perWindow.flatMap((count, window) =>
    Array.from({ length: count }, (_, at) => (window + (at + 0.5) / count) * WINDOW_MS),
  )
  return {
    count: (_answer: string, fromMs: number, toMs: number) =>
      grants.filter((atMs) => atMs >= fromMs && atMs < toMs).length,
  } as unknown as FaultWatch
}

const BEFORE = [10, 12, 9, 11, 10, 8, 11, 12] as const
const struckMs = BEFORE.length * WINDOW_MS

function isBack(after: readonly number[], before: readonly number[] = BEFORE): boolean {
  const watch = watchOf([...before, ...after])
  return isAsBefore(watch, usual(watch, { beganMs: 0, struckMs }), struckMs)
}

describe('goodput after a fault', () => {
  it('is compared over as long a time as before it', () => {
    expect(COMPARED_MS).toBe(BEFORE.length * WINDOW_MS)
  })

  it('is as before if it is about the same, or more', () => {
    expect(isBack([9, 11, 12, 10, 8, 10, 11, 9])).toBe(true)
    expect(isBack([30, 28, 31, 29, 30, 33, 30, 27])).toBe(true)
  })

  it('is not if it is half of it', () => {
    expect(isBack([5, 6, 4, 5, 5, 6, 4, 5])).toBe(false)
  })

  it('is not for one window as before among others without a grant', () => {
    expect(isBack([0, 0, 0, 0, 0, 0, 0, 12])).toBe(false)
  })

  it('begins with a grant, and not with the wait for one', () => {
    expect(isBack([0, 0, 0, 10, 11, 10, 12, 9])).toBe(false)
    expect(isBack([10, 0, 11, 10, 11, 10, 12, 9])).toBe(true)
  })

  it('never is where nothing is granted, however little that was before', () => {
    expect(isBack([0, 0, 0, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0, 1, 0])).toBe(false)
  })
})
