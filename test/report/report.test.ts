/**
 * Goal: a report compares only what was proven, fits a terminal, and says the same thing the same way each time.
 * Method: rendered from a fixture of plausible results; the chart is taken apart as XML.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { answer, firstOffence, verdictLines } from '../../harness/report/answer.ts'
import { renderChart } from '../../harness/report/charts/svg-file.ts'
import { formatFigure, formatSpan, listed } from '../../harness/report/format.ts'
import { rangeOf } from '../../harness/report/range.ts'
import { convictionsOf, standingOf } from '../../harness/report/standing.ts'
import { legendOf, renderTables } from '../../harness/report/table.ts'
import { COLUMNS_MAX, plain } from '../../harness/report/tone.ts'
import { batchMean } from '../../harness/results/batch-mean.ts'
import { parseResults } from '../../harness/results/parse.ts'
import type { Trial } from '../../harness/results/trial.ts'
import { freeStamp, proveWritable, SaveError, saveWhole } from '../../harness/save.ts'
import { FULL, SLICE } from '../size.ts'
import { CONCURRENCY, manyTrials, resultsOf, SAFE, trialOf, trials, UNSAFE } from './fixture.ts'

const RESULTS = resultsOf()
const UNCAUGHT = resultsOf({
  control: {
    ...RESULTS.control,
    caught: false,
    conviction: `${UNSAFE} was not caught: nothing triggered it`,
  },
})

/** Names of elements in the order they open, or an error: enough of XML to tell a broken document. */
function elementsOf(xml: string): readonly string[] {
  const open: string[] = []
  const seen: string[] = []
  const tag = /<(\/?)([a-zA-Z][\w:-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/y
  let at = 0
  while (at < xml.length) {
    const next = xml.indexOf('<', at)
    const text = xml.slice(at, next === -1 ? undefined : next)
    if (/&(?!(?:amp|lt|gt|quot|#\d+);)/.test(text)) throw new Error(`a bare & in: ${text}`)
    if (next === -1) break
    tag.lastIndex = next
    const match = tag.exec(xml)
    if (match === null) throw new Error(`no element at: ${xml.slice(next, next + 80)}`)
    const [, closing, name = '', , selfClosing] = match
    if (closing === '/') {
      if (open.pop() !== name) throw new Error(`</${name}> closes another element`)
    } else {
      seen.push(name)
      if (selfClosing !== '/') open.push(name)
    }
    at = tag.lastIndex
  }
  if (open.length > 0) throw new Error(`never closed: ${open.join(', ')}`)
  return seen
}

describe('standing', () => {
  it('is valid only where every trial was, and the control was caught', () => {
    for (const strategy of SAFE) {
      expect(standingOf(RESULTS, strategy).kind).toBe('valid')
      expect(standingOf(UNCAUGHT, strategy).kind).toBe('not-proven')
    }
  })

  it('takes one unknown trial for no pass', () => {
    const [strategy = ''] = SAFE
    const unknown = trialOf({
      strategy,
      workload: 'drain',
      concurrency: 8,
      repeat: 1,
      goodputPerSecond: 9,
      verdict: 'unknown',
    })
    expect(standingOf(resultsOf({ trials: [...trials(), unknown] }), strategy).kind).toBe('not-proven')
  })

  it('keeps a conviction even where the control was not caught', () => {
    expect(standingOf(UNCAUGHT, UNSAFE)).toMatchObject({ kind: 'convicted', asPromised: true })
  })

  it('does not take an unsafe strategy for valid because nothing triggered it', () => {
    const lucky = trialOf({
      strategy: 'lucky',
      workload: 'drain',
      concurrency: 1,
      repeat: 1,
      goodputPerSecond: 9,
      unsafe: true,
    })
    expect(standingOf(resultsOf({ trials: [lucky] }), 'lucky').kind).toBe('not-triggered')
  })

  it('has its median between its least and its most', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 }), (values) => {
        const { median, min, max } = rangeOf(values)
        expect(min).toBe(Math.min(...values))
        expect(max).toBe(Math.max(...values))
        expect(min <= median && median <= max).toBe(true)
      }),
    )
    expect(rangeOf([3, 1, 2]).median).toBe(2)
    expect(rangeOf([4, 1, 2, 3]).median).toBe(2.5)
  })
})

describe('tables', () => {
  const text = renderTables(RESULTS, { paint: plain })

  it('fit the width', () => {
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(COLUMNS_MAX)
  })

  it.for([100, 120])('leave spare columns out for a terminal of %d', (columnsMax) => {
    const narrow = renderTables(RESULTS, { paint: plain, columnsMax })
    for (const line of narrow.split('\n')) expect(line.length).toBeLessThanOrEqual(columnsMax)
    for (const head of ['holds/s', 'p95', 'verdict', 'oversold']) expect(narrow).toContain(head)
  })

  for (const [size, widths] of [
    [SLICE, [COLUMNS_MAX]],
    [FULL, [60, 100]],
  ] as const)
    it.for(widths)('have a legend of the columns that there are, %d wide', size, (columnsMax) => {
      const how = { paint: plain, columnsMax }
      const bare = resultsOf({ trials: [trials()[0] ?? expect.fail('there are no trials')] })
      for (const results of [RESULTS, bare, resultsOf({ trials: manyTrials() })]) {
        const heads = renderTables(results, how)
        const legend = legendOf(results, how)
        for (const line of legend.split('\n')) expect(line.length).toBeLessThanOrEqual(columnsMax)
        const said = legend.replaceAll('\n', ' ')
        for (const [head, name] of [
          [/con-\s/, 'contended'],
          [/p99/, 'p99'],
          [/conn-/, 'conn-ms/hold'],
          [/\bbatch\b/, 'batch:'],
          [/others/, 'others p95'],
          [/min–max/, 'min–max'],
          [/valid, see faults/, 'valid, see faults'],
        ] as const)
          expect(said.includes(name), name).toBe(head.test(heads))
      }
      expect(legendOf(bare, how)).not.toContain('ordered')
    })

  it('say of a valid strategy whose store was not read that it was not', () => {
    const [first = expect.fail('there are no trials'), ...others] = trials()
    const [strategy, storeNotRead] = ['mine', 'raw store not read: the strategy names no ledger']
    const mine = resultsOf({ trials: [{ ...first, strategy, storeNotRead }, ...others] })
    const rows = renderTables(mine, { paint: plain })
      .split('\n')
      .filter((line) => line.includes('store not read'))
    expect(rows).toEqual([expect.stringMatching(/^mine .* valid ✓, store not read +0$/)])
  })

  it('show no figures of a strategy that is not valid', () => {
    const rows = text.split('\n').filter((line) => line.startsWith(UNSAFE))
    expect(rows).toHaveLength(CONCURRENCY.length + 6)
    for (const row of rows) {
      expect(row).toContain('not compared')
      expect(row).not.toContain('2,100')
    }
  })

  it('rank the valid ones by what they granted, if their repeats carry an order, and by name otherwise', () => {
    const names = (all: readonly Trial[]) =>
      renderTables(resultsOf({ trials: [...all] }), { paint: plain })
        .split('\n')
        .filter((line) => /^postgres/.test(line))
        .map((line) => line.split(' ')[0] ?? '')
    const of = (repeats: number, elapsedMs: number) =>
      SAFE.flatMap((strategy, rank) =>
        Array.from({ length: repeats }, (_, at) => ({
          ...trialOf({
            strategy,
            workload: 'sell-out',
            concurrency: 8,
            repeat: at + 1,
            goodputPerSecond: 100 + rank,
          }),
          elapsedMs,
        })),
      )
    expect(names(of(5, 1_000))).toEqual(SAFE.toReversed())
    expect(names(of(4, 1_000))).toEqual(SAFE)
    expect(names(of(5, 500))).toEqual(SAFE)
  })

  it('tell the size of batches, over all repeats, only where somebody batches', () => {
    expect(text).not.toContain('batch')
    const shape = { workload: 'drain', concurrency: 8, goodputPerSecond: 9 }
    const once = trialOf({ ...shape, strategy: 'batcher', repeat: 1, batchMean: 2 })
    const often = trialOf({ ...shape, strategy: 'batcher', repeat: 2, batchMean: 5 })
    const results = resultsOf({
      trials: [
        once,
        { ...often, batches: { count: 200, mean: 5, p95: 6, max: 7 } },
        trialOf({ ...shape, strategy: 'single', repeat: 1 }),
      ],
    })
    expect(batchMean(results, once)).toBe(4)
    const batches = renderTables(results, { paint: plain })
    expect(batches).toMatch(/\bbatch\b/)
    expect(batches).toMatch(/^batcher .*\b4\.00\b/m)
    expect(batches).toMatch(/^single .*–/m)
  })

  it('fit the width with the longest names, sizes of batches and all', () => {
    const many = renderTables(resultsOf({ trials: manyTrials() }), { paint: plain })
    for (const line of many.split('\n')) expect(line.length).toBeLessThanOrEqual(COLUMNS_MAX)
    expect(many).toMatch(/\bbatch\b/)
  })

  it('compare nothing when the control was not caught', () => {
    const unproven = renderTables(UNCAUGHT, { paint: plain })
    expect(unproven).not.toContain('valid ✓')
    expect(unproven).toContain('not proven')
  })
})

describe('the chart', () => {
  const svg = renderChart(RESULTS)

  it('is well-formed, and tells itself in words', () => {
    const elements = elementsOf(svg)
    expect(elements.slice(0, 3)).toEqual(['svg', 'title', 'desc'])
    expect(svg).toContain('role="img"')
    expect(svg).toContain('aria-labelledby="title desc"')
  })

  it('is the same for the same results', () => {
    expect(renderChart(resultsOf())).toBe(svg)
  })

  it('draws every valid strategy and no other', () => {
    for (const strategy of SAFE) expect(svg).toContain(`>${strategy}<`)
    expect(svg).not.toContain(`>${UNSAFE}<`)
    expect(svg).toContain(`Not charted: ${UNSAFE} (convicted)`)
  })

  it('carries the settings of its figures', () => {
    for (const fact of [
      'PostgreSQL 18.4 (npm, durable)',
      'pool of 16',
      'seed 42',
      'commit 0123456789ab-dirty',
      'holds per second',
    ]) {
      expect(svg).toContain(fact)
    }
  })

  it('asks for no font that may not be there', () => {
    const families = [...svg.matchAll(/font-family:\s*([^;"]+)/g)].map(([, family]) => family?.trim())
    expect(new Set(families)).toEqual(new Set(['sans-serif']))
  })

  it('says so where there is nothing to draw', () => {
    for (const [results, why] of [
      [
        resultsOf({ trials: trials().filter((trial) => trial.strategy === UNSAFE) }),
        'No strategy of this run was found valid.',
      ],
      [UNCAUGHT, 'The control was not caught'],
      [resultsOf({ trials: [] }), 'No trial was finished.'],
    ] as const) {
      const empty = renderChart(results)
      expect(elementsOf(empty)).toContain('desc')
      expect(empty).toContain(why)
    }
  })

  it('shows what batches bring, only where somebody batches, and not on one seat', () => {
    const BATCHES = 'Batch size against throughput'
    expect(svg).not.toContain(BATCHES)
    expect(renderChart(resultsOf({ trials: manyTrials() }))).not.toContain(BATCHES)
    const onClass = manyTrials().map((trial) => ({
      ...trial,
      workload: trial.workload === 'hot-seat' ? 'sell-out' : 'hot-seat',
    }))
    expect(renderChart(resultsOf({ trials: onClass }))).toContain(BATCHES)
  })

  it('ends its axes on round figures', () => {
    for (const goodputPerSecond of [0.3, 7, 85, 875, 12_345]) {
      const drawn = renderChart(
        resultsOf({
          trials: [1, 2].map((repeat) =>
            trialOf({ strategy: 'own', workload: 'drain', concurrency: 8, repeat, goodputPerSecond }),
          ),
        }),
      )
      const labels = [...drawn.matchAll(/<text([^>]*)>([\d.,]+k?)<\/text>/g)]
        .filter(([, attributes]) => attributes?.includes('text-anchor="middle"'))
        .map(([, , label = '']) => Number(label.replaceAll(',', '').replace('k', '000')))
      const [first, second = Number.NaN] = labels
      expect(first).toBe(0)
      for (const [at, label] of labels.entries()) expect(label / second).toBeCloseTo(at)
      expect(labels.at(-1)).toBeGreaterThanOrEqual(goodputPerSecond)
      expect([1, 2, 5]).toContain(Number(second.toExponential(6).replace(/e.*/, '')))
    }
  })

  it('is drawn for one number of callers, and for more strategies than there are colours', () => {
    const many = Array.from({ length: 11 }, (_, index) =>
      trialOf({
        strategy: `own-${index}`,
        workload: 'drain',
        concurrency: 8,
        repeat: 1,
        goodputPerSecond: 100 + index,
      }),
    )
    expect(elementsOf(renderChart(resultsOf({ trials: many })))[0]).toBe('svg')
  })
})

describe('the answer', () => {
  it('names those that sold nothing twice, and ranks nothing', () => {
    expect(answer(RESULTS)).toContain('sold nothing twice in this run')
    for (const name of SAFE) expect(answer(RESULTS)).toContain(name)
    expect(answer(RESULTS)).not.toMatch(/fastest|holds\/s|highest/)
    expect(answer(RESULTS)).toContain('14 units sold beyond capacity')
  })

  it('says of whom nothing is known under faults', () => {
    const exposed = trials().map((trial) =>
      trial.strategy === SAFE[0]
        ? {
            ...trial,
            promises: {
              ...trial.promises,
              safe: 'without-faults' as const,
              unsafeUnder: ['lost-writes'] as const,
            },
          }
        : trial,
    )
    expect(answer(resultsOf({ trials: exposed }))).toContain(`${SAFE[0]} may still sell twice under faults`)
    expect(answer(RESULTS)).not.toContain('under faults')
  })

  it('claims nothing when the control was not caught', () => {
    expect(answer(UNCAUGHT)).toMatch(/^This run proves nothing/)
    expect(answer(UNCAUGHT)).not.toContain('fastest')
  })

  it('puts a broken promise first', () => {
    const broken = trialOf({
      strategy: 'mine',
      workload: 'drain',
      concurrency: 8,
      repeat: 1,
      goodputPerSecond: 9,
      verdict: 'invalid',
    })
    const results = resultsOf({ trials: [...trials(), broken] })
    expect(answer(results)).toMatch(/^mine broke its promise\./)
    // Those of the control are shown as the control's.
    expect(convictionsOf(results)).toEqual([broken])
  })

  it('gives every strategy a line', () => {
    const lines = verdictLines(
      resultsOf({ notProven: [{ strategy: 'absent', why: 'no engine', remedy: '' }] }),
    )
    expect(lines.map((line) => line.strategy)).toEqual(['absent', ...SAFE, UNSAFE].sort())
    expect(lines.find((line) => line.strategy === 'absent')?.text).toBe('NOT PROVEN: no engine')
  })

  it('cuts a conviction after its first drawing', () => {
    expect(firstOffence('head\n\nsentence\n\ndrawing\n\nnext\n')).toBe('head\n\nsentence\n\ndrawing')
  })
})

describe('figures', () => {
  it.for([
    [0, '0'],
    [0.0421, '0.042'],
    [7.314, '7.31'],
    [48.25, '48.3'],
    [1234.5, '1,235'],
    [Number.NaN, '–'],
  ] as const)('prints %d as %s', ([value, text]) => {
    expect(formatFigure(value)).toBe(text)
  })

  it('tells spans and lists as people do', () => {
    expect([400, 12_000, 125_000].map(formatSpan)).toEqual(['0.4 s', '12 s', '2 min 5 s'])
    expect(listed(['a', 'b', 'c'])).toBe('a, b and c')
    expect(listed([])).toBe('')
  })
})

describe('results of earlier days', () => {
  it('are read with the names that promises have now', () => {
    const results = resultsOf()
    const [first, ...others] = results.trials
    const { format: _, version: __, ...rest } = results
    const older = {
      format: 1,
      ...rest,
      trials: [
        {
          ...first,
          promises: {
            ...first?.promises,
            unsafeUnder: ['client-pause', 'engine-forgets'],
            refusedIds: 'afresh',
          },
        },
        ...others,
      ],
    }
    expect(parseResults(older, 'older').trials[0]?.promises).toEqual({
      ...first?.promises,
      unsafeUnder: ['client-pause', 'lost-writes'],
      refusedIds: 'retryable',
    })
    const wrong = {
      ...results,
      trials: [{ ...first, promises: { ...first?.promises, refusedIds: 'constructor' } }],
    }
    expect(() => parseResults(wrong, 'wrong')).toThrow('refusedIds')
  })
})

describe('files', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'holdfast-report-'))
  })
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  it('are written whole, with nothing left beside them', async () => {
    const own = path.join(folder, 'whole')
    await proveWritable(own)
    await saveWhole(path.join(own, 'a.json'), 'one')
    await saveWhole(path.join(own, 'a.json'), 'two')
    expect(await readFile(path.join(own, 'a.json'), 'utf8')).toBe('two')
    expect(await readdir(own)).toEqual(['a.json'])
  })

  it('say in one sentence why they cannot be written', async () => {
    const file = path.join(folder, 'file')
    await writeFile(file, '')
    await mkdir(path.join(folder, 'taken'))
    await expect(proveWritable(path.join(file, 'x'))).rejects.toThrow(SaveError)
    await expect(saveWhole(path.join(folder, 'taken'), '')).rejects.toThrow(/^cannot write to [^\n]+$/)
    expect((await readdir(folder)).filter((name) => name.includes('unfinished'))).toEqual([])
  })

  it('take another name where a run of the same second was there first', async () => {
    const at = new Date('2026-11-22T13:00:00.123Z')
    expect(await freeStamp(folder, at)).toBe('2026-11-22T13-00-00Z')
    await writeFile(path.join(folder, '2026-11-22T13-00-00Z.json'), '')
    expect(await freeStamp(folder, at)).toBe('2026-11-22T13-00-00Z-2')
  })
})
