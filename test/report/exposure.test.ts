/**
 * Goal: valid of a strategy that falls under faults never looks like valid of one that does not, in text and on the page, and what
 * was measured counts before what is promised. Method: results made by hand.
 */
import { expect, test } from 'vitest'
import { answer, verdictLines } from '../../harness/report/answer.ts'
import { exposureOf, exposureWords, isExposed } from '../../harness/report/exposure.ts'
import { verdictSection } from '../../harness/report/page/verdicts.ts'
import { renderTables } from '../../harness/report/table.ts'
import { plain } from '../../harness/report/tone.ts'
import type { Results } from '../../harness/results/results.ts'
import { madeCell } from '../faults/made-cell.ts'
import { resultsOf, trialOf } from './fixture.ts'

const NAMES = ['measured-safe', 'measured-unsafe', 'promised-safe', 'promised-unsafe'] as const

function resultsWith(more: Partial<Results> = {}): Results {
  const trials = NAMES.map((strategy) => {
    const trial = trialOf({
      strategy,
      workload: 'hot-seat',
      concurrency: 8,
      repeat: 1,
      goodputPerSecond: 500,
    })
    return strategy === 'promised-unsafe'
      ? {
          ...trial,
          promises: {
            ...trial.promises,
            safe: 'without-faults' as const,
            unsafeUnder: ['lost-writes' as const],
          },
        }
      : trial
  })
  const strategies = [
    { name: 'measured-safe', summary: '', engines: [], survives: { faults: 24, fell: [], runs: 3 } },
    {
      name: 'measured-unsafe',
      summary: '',
      engines: [],
      survives: { faults: 24, fell: ['client paused', 'evicted', 'failover'], runs: 3 },
    },
  ]
  return { ...resultsOf({ trials }), strategies, ...more }
}

const results = resultsWith()

test('each says how it is known', () => {
  const words = (name: string) => exposureWords(exposureOf(results, name))
  expect(words('measured-safe')).toBe('survived 24 of 24 faults (measured)')
  expect(words('measured-unsafe')).toBe(
    'survived 21 of 24 faults, not “client paused”, “evicted” and 1 more (measured)',
  )
  expect(words('promised-safe')).toBe('not in the table of faults; safe under all by its promise alone')
  expect(words('promised-unsafe')).toBe('unsafe under lost-writes (promised)')
  expect(NAMES.map((name) => isExposed(results, name))).toEqual([false, true, false, true])
})

test('cells of the same results come before what was published', () => {
  const own = { ...results, faults: [madeCell('oversells', { strategy: 'measured-safe' })] }
  expect(exposureOf(own, 'measured-safe')).toMatchObject({ tried: 1, fell: ['a fault'] })
  expect(exposureOf(own, 'measured-unsafe').tried).toBe(24)
})

test('a measurement takes nothing away from a promise not to be safe', () => {
  const own = { ...results, faults: [madeCell('safe', { strategy: 'promised-unsafe' })] }
  expect(isExposed(own, 'promised-unsafe')).toBe(true)
  expect(exposureWords(exposureOf(own, 'promised-unsafe'))).toBe(
    'survived 1 of 1 fault (measured); unsafe under lost-writes (promised)',
  )
})

test('in text, in tables and on the page they look different', () => {
  const lines = new Map(verdictLines(results).map(({ strategy, text }) => [strategy, text]))
  const table = renderTables(results, { paint: plain })
  const page = verdictSection(results).text
  for (const name of NAMES) {
    const isUnsafe = isExposed(results, name)
    expect(lines.get(name)?.startsWith('valid, not safe under faults,')).toBe(isUnsafe)
    expect(lines.get(name)).toContain(exposureWords(exposureOf(results, name)))
    expect(table).toMatch(new RegExp(`^${name} .*${isUnsafe ? 'valid, see faults' : 'valid ✓'}`, 'm'))
    const [, row = ''] = page.split(`<tr><th scope="row"><code>${name}</code></th>`)
    const [cells = ''] = row.split('</tr>')
    expect(cells.includes('✓ without faults')).toBe(isUnsafe)
    expect(cells.includes('✓ valid')).toBe(!isUnsafe)
    expect(cells).toMatch(/1 trial, [\d,]+ holds judged/)
  }
  expect(answer(results)).toContain('measured-unsafe and promised-unsafe may still sell twice under faults')
})

test('a run with a fault says which, everywhere', () => {
  const fault = { name: 'client-paused', title: 'client paused', notFor: [] }
  const struck = resultsWith({ settings: { ...results.settings, fault } })
  expect(verdictLines(struck)[0]?.text).toContain('in its only trial, struck by client-paused')
  expect(renderTables(struck, { paint: plain })).toContain('struck by client-paused')
  expect(verdictSection(struck).text).toContain('struck by client-paused')
  expect(answer(struck)).toContain('although client-paused struck in every trial')
  expect(answer(struck)).toContain('Nothing else failed in it')
})
