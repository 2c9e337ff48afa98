/**
 * Goal: the page says what results say and nothing else: only who is valid is drawn, what is missing is said to be missing, and no
 * name in a results file becomes markup.
 * Method: rendered from fixtures and from the reference run; the text of sections is searched.
 */

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chartsOf } from '../../harness/report/charts/charts.ts'
import { chartFile } from '../../harness/report/charts/svg-file.ts'
import { html, idOf } from '../../harness/report/page/html.ts'
import { renderReport } from '../../harness/report/page/page.ts'
import { readmeSection, reference, withSection } from '../../harness/report/readme-section.ts'
import { writeReport } from '../../harness/report/write-report.ts'
import { merged, withHistoriesIn } from '../../harness/results/merge.ts'
import { readResults } from '../../harness/results/read.ts'
import type { Results } from '../../harness/results/results.ts'
import { madeCell } from '../faults/made-cell.ts'
import { FULL } from '../size.ts'
import { asIfMeasured, manyTrials, resultsOf, SAFE, trialOf, trials, UNSAFE } from './fixture.ts'
import { HOSTILE, hostileResults } from './hostile.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const REFERENCE = await readResults(path.join(ROOT, 'docs/results/reference.json'))

function pageOf(results: Results): string {
  return renderReport([{ name: 'run', results }]).html
}

function sectionOf(page: string, id: string): string {
  return new RegExp(`<section id="${id}"[\\s\\S]*?</section>`).exec(page)?.[0] ?? ''
}

describe('a template', () => {
  it('lets no text become markup, in an element or in an attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const made = html`<p title="${text}">${[text]}</p>`.text
        expect(made.match(/[<>]/g)).toEqual(['<', '>', '<', '>'])
        expect(made.match(/"/g)).toHaveLength(2)
        expect(made).not.toMatch(/&(?!(?:amp|lt|gt|quot|#39);)/)
      }),
    )
  })

  it('gives two names never the same id, and each one that a link can hold', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string(), { minLength: 1 }),
        fc.array(fc.string(), { minLength: 1 }),
        (one, other) => {
          expect(idOf(...one)).toMatch(/^[\w.-]*$/)
          if (JSON.stringify(one) !== JSON.stringify(other)) expect(idOf(...one)).not.toBe(idOf(...other))
        },
      ),
    )
  })
})

describe('the page', () => {
  it('is the same for the same results', () => {
    expect(pageOf(REFERENCE)).toBe(pageOf(structuredClone(REFERENCE)))
  })

  it('asks for nothing outside itself', () => {
    const page = pageOf(REFERENCE)
    expect(page).not.toMatch(/(?:src|href)="(?!data:|#)/)
    expect(page).not.toMatch(/url\((?!#)|@import/)
  })

  it('draws every valid strategy and no other', () => {
    const charts = sectionOf(pageOf(resultsOf()), 'charts')
    for (const strategy of SAFE) expect(charts).toContain(strategy)
    expect(charts).not.toContain(UNSAFE)
  })

  it('takes no name for markup, and leaves the objects of this process as they are', () => {
    const before = Reflect.ownKeys(Object.prototype)
    const page = pageOf(hostileResults())
    expect(page).not.toContain('<img src=x')
    expect(page).not.toContain('<svg onload')
    expect(page).not.toContain('\u202e')
    expect(page.match(/<script/g)).toHaveLength(1)
    for (const chart of chartsOf(hostileResults()).charts) {
      expect(chartFile(chart, hostileResults())).not.toMatch(/<(?:script|img)|<svg onload/)
    }
    expect(Reflect.ownKeys(Object.prototype)).toEqual(before)
    expect(HOSTILE).toContain('<script>')
  })

  it('says of each part that older results lack that it is missing, and draws the rest', () => {
    const { charts } = chartsOf(resultsOf())
    const absent = charts.filter(({ panels }) => panels.length === 0).map(({ id }) => id)
    expect(absent).toEqual(
      expect.arrayContaining(['cliff', 'percentiles', 'over-time', 'time-spent', 'batches']),
    )
    for (const chart of charts) expect(chart.absent === undefined).toBe(chart.panels.length > 0)
    const page = pageOf(resultsOf())
    expect(page.match(/Not in this run\./g)).toHaveLength(absent.length)
  })

  it('has no chart of a tour, whose trials are too few and too short for a rate, and says how to get some', () => {
    const once = REFERENCE.trials.filter(({ concurrency, repeat }) => concurrency === 32 && repeat === 1)
    const page = sectionOf(pageOf({ ...REFERENCE, trials: once }), 'charts')
    expect(page).not.toContain('<svg')
    expect(page).toContain('too little for a rate')
    expect(page).toContain('--repeats 5')
  })

  it('has every chart of what a tour runs, if it had measured it', FULL, () => {
    const { charts } = chartsOf(asIfMeasured(REFERENCE))
    expect(charts.length).toBeGreaterThan(5)
    expect(charts.filter(({ panels }) => panels.length === 0).map(({ id }) => id)).toEqual([])
    for (const { id, table } of charts) expect(table.rows.length, id).toBeGreaterThan(0)
  })

  it('shows figures that hold nothing, and no empty drawing, where nobody was found valid', () => {
    for (const results of [
      resultsOf({ trials: trials().filter(({ strategy }) => strategy === UNSAFE) }),
      resultsOf({ control: { ...resultsOf().control, caught: false, conviction: 'nothing triggered it' } }),
    ]) {
      const page = pageOf(results)
      expect(sectionOf(page, 'charts')).not.toContain('<svg')
      expect(sectionOf(page, 'charts')).toContain('Nothing to compare')
      expect(page).not.toMatch(/NaN|Infinity|undefined/)
    }
  })

  it('says only that nothing was finished, where nothing was, whatever the control came to', () => {
    const notProven = [{ strategy: 'absent', why: 'no server', remedy: 'install one' }]
    const uncaught = { ...resultsOf().control, caught: false, conviction: 'nothing triggered it' }
    for (const changes of [{ notProven }, { control: uncaught }, { interrupted: true }]) {
      const page = pageOf(resultsOf({ trials: [], ...changes }))
      expect(page).toContain('<h1>Nothing was finished, and nothing is known</h1>')
      expect(page).toContain('<p class="answer">Nothing was finished, and nothing is known.</p>')
      expect(page).not.toMatch(
        /sold nothing twice|found valid|No trial|Nothing to compare|id="(?:charts|races)"/,
      )
    }
  })

  it('of faults alone counts cells, and says nothing of trials that nobody asked for', () => {
    const title = (faults: NonNullable<Results['faults']>) =>
      /<h1>(.*)<\/h1>/.exec(pageOf(resultsOf({ trials: [], faults })))?.[1]
    expect(title([madeCell('safe')])).toBe('1 cell of faults, all as predicted')
    expect(title([madeCell('safe'), madeCell('oversells', { strategy: 'other' })])).toBe(
      '1 of 2 cells of faults not as predicted',
    )
    const page = pageOf(resultsOf({ trials: [], faults: [madeCell('safe')] }))
    expect(page).not.toMatch(/sold nothing twice|found valid|No trial was finished|id="(?:charts|evidence)"/)
  })

  it('prints the path of every history from where the command is run', () => {
    const faults = [madeCell('oversells', { historyFile: 'histories/a.jsonl' })]
    const page = pageOf(withHistoriesIn(resultsOf({ faults }), 'results/faults'))
    expect(sectionOf(page, 'faults')).toContain('check results/faults/histories/a.jsonl')
  })

  it('prints no figure that is none', FULL, () => {
    for (const results of [REFERENCE, resultsOf(), resultsOf({ trials: manyTrials() })]) {
      expect(pageOf(results)).not.toMatch(/NaN|Infinity|undefined|\[object/)
    }
  })

  it('puts what is not proven large, with what fixes it', () => {
    const notProven = [{ strategy: 'absent', why: 'no server', remedy: 'install one' }]
    const verdicts = sectionOf(pageOf(resultsOf({ notProven })), 'verdicts')
    expect(verdicts).toContain('<h3>Not proven</h3>')
    expect(verdicts).toContain('install one')
  })

  it('shows explorations and load where there are some, and no trace of them elsewhere', FULL, () => {
    expect(pageOf(resultsOf())).not.toContain('id="proofs"')
    expect(pageOf(hostileResults())).toContain('id="proofs"')
    const [strategy = ''] = SAFE
    const load = [50, 100].map((offeredPerSecond, index) => ({
      ...trialOf({
        strategy,
        workload: 'k6/onsale',
        concurrency: 64,
        repeat: 1,
        goodputPerSecond: 40 + index,
        batchMean: 3,
      }),
      load: { profile: 'onsale', offeredPerSecond, droppedIterations: 0, workers: index + 1 },
    }))
    const { charts } = chartsOf(resultsOf({ trials: [...trials(), ...load] }))
    const chart = charts.find(({ id }) => id === 'load')
    expect(chart?.panels).toHaveLength(4)
    expect(chart?.lead).toContain('at a fixed rate')
    const closed = load.map(({ load: { offeredPerSecond: _rate, ...each }, ...trial }) => ({
      ...trial,
      load: each,
    }))
    const loop = chartsOf(resultsOf({ trials: [...trials(), ...closed] })).charts.find(
      ({ id }) => id === 'load',
    )
    expect(loop?.panels).toHaveLength(2)
    expect(loop?.lead).toContain('closed loop')
  })
})

describe('a verdict', () => {
  it('of a strategy that is unsafe under faults never looks like that of one that is not', () => {
    const page = sectionOf(pageOf(REFERENCE), 'verdicts')
    const row = (name: string) =>
      new RegExp(`<tr><th scope="row"><code>${name}</code></th>.*?</tr>`, 's').exec(page)?.[0] ?? ''
    expect(row('redis-setnx')).toContain('unsafe under client-pause')
    expect(row('redis-setnx')).not.toContain('class="good"')
    expect(row('postgres-select-for-update')).toContain('class="good"')
    expect(row('postgres-select-for-update')).not.toContain('without faults')
  })

  it('has its weight beside it', () => {
    const page = sectionOf(pageOf(REFERENCE), 'verdicts')
    expect(page).toMatch(/holds judged/)
    expect(page).toMatch(/\d+ trials, [\d,]+ holds judged, \d+ schedules? explored/)
  })
})

describe('several runs', () => {
  const later = { ...resultsOf(), startedAt: '2026-11-23T13:00:00.000Z' }

  it('are put together where machine, versions and settings agree, and set beside each other where not', () => {
    const other = {
      ...later,
      machine: { ...later.machine, cpu: 'another' },
      startedAt: '2026-11-24T13:00:00.000Z',
    }
    const all = merged([
      { name: 'c', results: other },
      { name: 'a', results: resultsOf() },
      { name: 'b', results: later },
    ])
    expect(all.together.map(({ name }) => name)).toEqual(['c'])
    expect(all.beside.map(({ run, why }) => [run.name, why])).toEqual([
      ['a', 'another machine'],
      ['b', 'another machine'],
    ])
    const same = merged([
      { name: 'b', results: later },
      { name: 'a', results: resultsOf() },
    ])
    expect(same.together.map(({ name }) => name)).toEqual(['a', 'b'])
    expect(same.results.trials).toHaveLength(2 * trials().length)
  })

  it('take a conviction in any of them for a conviction', () => {
    const [strategy = ''] = SAFE
    const convicted = trialOf({
      strategy,
      workload: 'drain',
      concurrency: 8,
      repeat: 1,
      goodputPerSecond: 9,
      verdict: 'invalid',
    })
    const page = renderReport([
      { name: 'a', results: resultsOf({ trials: [...trials(), convicted] }) },
      { name: 'b', results: later },
    ]).html
    expect(sectionOf(page, 'charts')).not.toContain(strategy)
    expect(page).toContain('id="runs"')
  })
})

describe('a report on disk', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'holdfast-results-'))
  })
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  it('is a page and a file for each chart, and charts of an earlier report go', FULL, async () => {
    const out = path.join(folder, 'report')
    await writeReport([{ name: 'a', results: asIfMeasured(REFERENCE) }], out)
    const all = await readdir(path.join(out, 'charts'))
    expect(all).toContain('cliff.svg')
    await writeReport([{ name: 'a', results: resultsOf() }], out)
    const fewer = await readdir(path.join(out, 'charts'))
    expect(fewer).not.toContain('cliff.svg')
    const goodput = await readFile(path.join(out, 'charts/goodput.svg'), 'utf8')
    expect(goodput).toMatch(
      /^<svg role="img" aria-labelledby="title desc"[^>]*>\n<title id="title">[^<]+<\/title>\n<desc id="desc">/,
    )
    expect(await readdir(out)).toEqual(['charts', 'index.html'])
  })
})

describe('the README', () => {
  it('shows the verdicts of the reference run, and ranks nothing', async () => {
    const readme = await readFile(path.join(ROOT, 'README.md'), 'utf8')
    expect(readme, 'npm run readme docs/results/reference.json fixes it').toBe(
      withSection(readme, readmeSection(REFERENCE)),
    )
  })

  it('is of a run that was whole, and caught its control', () => {
    expect(REFERENCE).toMatchObject({ interrupted: false, control: { caught: true }, notProven: [] })
    expect(reference(REFERENCE)).toEqual(REFERENCE)
  })
})
