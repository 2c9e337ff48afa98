/** Goal: what several generators measured of one load is told as one. Method: their summaries, made by hand; k6's own rules. */
import { expect, test } from 'vitest'
import { segmentArguments } from '../../harness/load/run-k6.ts'
import { type LoadSummary, mergedSummary } from '../../harness/load/summary.ts'

function summary(metrics: Readonly<Record<string, number>>, breached: readonly string[] = []): LoadSummary {
  return {
    strategy: 'any',
    profile: 'smoke',
    breached,
    value: (metric, key = 'count') => metrics[`${metric} ${key}`] ?? 0,
  }
}

test('counts add up, and a percentile is the largest', () => {
  const merged = mergedSummary([
    summary({ 'held count': 5, 'hold_ms p(95)': 7, 'hold_ms count': 5 }),
    summary({ 'held count': 3, 'hold_ms p(95)': 20, 'hold_ms count': 3 }),
  ])
  expect(merged.value('held')).toBe(8)
  expect(merged.value('hold_ms')).toBe(8)
  expect(merged.value('hold_ms', 'p(95)')).toBe(20)
})

test('what must not happen happens to all if to one; what must happen often enough is asked of the sum', () => {
  const few = ['decided count>=20', 'held{scenario:buyers} count>0']
  const merged = mergedSummary([
    summary({ 'decided count': 15 }, few),
    summary({ 'decided count': 15, 'held{scenario:buyers} count': 1 }, [...few, 'held_twice count==0']),
  ])
  expect(merged.breached).toEqual(['held_twice count==0'])
  const tooFew = mergedSummary([summary({ 'decided count': 5 }, few), summary({ 'decided count': 4 }, few)])
  expect(tooFew.breached).toEqual(few)
})

test('the segments of all generators are the whole', () => {
  expect(segmentArguments(undefined)).toEqual([])
  const all = [1, 2, 3].map((index) => segmentArguments({ index, of: 3 }))
  expect(all.map(([segment]) => segment)).toEqual([
    '--execution-segment=0:1/3',
    '--execution-segment=1/3:2/3',
    '--execution-segment=2/3:1',
  ])
  expect(new Set(all.map(([, sequence]) => sequence))).toEqual(
    new Set(['--execution-segment-sequence=0,1/3,2/3,1']),
  )
})
