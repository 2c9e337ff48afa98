/**
 * Goal: a reader can tell the lines of a chart apart, and the published charts show the published data. Method: every experiment's chart
 * of made-up data; the published ones drawn again.
 */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { experimentChart } from '../../experiments/chart.ts'
import { STUDY } from '../../experiments/experiment.ts'
import { chartPicture } from '../../experiments/picture.ts'
import { experiments } from '../../experiments/registry.ts'
import { drawingsOf, PUBLISHED, storedExperiment } from '../../experiments/stored.ts'
import { drawable } from '../../harness/report/charts/draw.ts'
import { FULL, SLICE } from '../size.ts'
import { madeUp } from './made-up.ts'

const FORMS = ['wide', 'narrow'] as const
/** In pixels: the window of a phone less the margins of a page, and text of 11.5 is readable at three quarters of its size. */
const PHONE = 360
const COLUMN_MAX = 900
/** Charts in the slice: all are drawn by the same code. */
const ONE_OF = 4

const charted = experiments.map((experiment, at) => ({
  name: experiment.name,
  experiment,
  size: at % ONE_OF === 0 ? SLICE : FULL,
}))

describe.each(charted)('the chart of $name', ({ name, experiment, size }) => {
  it.each(FORMS)('names its lines in full, each by another name: %s', size, (form) => {
    const { panels } = experimentChart(experiment, madeUp(experiment, STUDY), form)
    expect(panels.length).toBeGreaterThan(0)
    for (const { body } of panels) {
      const names = textsIn(body).filter((text) => /[a-z]{3}/.test(text))
      expect(names.filter((text) => text.includes('…'))).toEqual([])
      expect(names).toEqual([...new Set(names)])
    }
  })

  it('says the same on a phone, in a drawing that is as wide as one', size, () => {
    const data = madeUp(experiment, STUDY)
    const [wide, narrow, ...others] = drawingsOf({ experiment, data })
    expect(others).toEqual([])
    expect(narrow?.file).toBe(`${name}.narrow.svg`)
    expect(descriptionOf(narrow?.text)).toBe(descriptionOf(wide?.text))
    expect(widthOf(narrow?.text)).toBeLessThanOrEqual(PHONE)
    expect(widthOf(wide?.text)).toBeLessThanOrEqual(COLUMN_MAX)
    expect(chartPicture('"A" & <b>', wide?.file ?? '')).toContain(`srcset="${narrow?.file}"`)
    expect(chartPicture('"A" & <b>', '')).toContain('alt="&quot;A&quot; &amp; &lt;b>"')
  })

  it(
    'is published as its data are (npm run study:publish docs/results/study draws it again)',
    FULL,
    async ({ skip }) => {
      const data = await storedExperiment(experiment, PUBLISHED)
      if (data === undefined) return skip('it is not published')
      for (const { file, text } of drawingsOf({ experiment, data }))
        expect((await readFile(path.join(PUBLISHED, file), 'utf8')) === text, file).toBe(true)
    },
  )
})

it('lines of one strategy differ in colour and symbol where nothing else tells them apart', () => {
  const [shards] = experiments.filter(({ name }) => name === 'shards')
  if (shards === undefined) throw new Error('there is no such experiment')
  const { panels } = experimentChart(shards, madeUp(shards, STUDY))
  const named = panels.map(({ body }) => textsIn(body).filter((text) => text.startsWith('postgres-')))
  expect(named).toEqual([
    ['postgres-conditional-update, hot-events-1'],
    ['postgres-conditional-update, hot-events-30'],
  ])
  for (const { body } of panels) {
    expect(textsIn(body)).toEqual(expect.arrayContaining(['1 server', '3 servers']))
    const strokes = [...body.matchAll(/stroke="(#\w{6})" stroke-width="2"/g)].map(([, colour]) => colour)
    expect(new Set(strokes).size).toBeGreaterThanOrEqual(2)
  }
})

it('bars of several panels are of the same callers, and are named by what tells them apart', () => {
  const [hotEvents] = experiments.filter(({ name }) => name === 'hot-events')
  if (hotEvents === undefined) throw new Error('there is no such experiment')
  const { panels } = experimentChart(hotEvents, madeUp(hotEvents, STUDY))
  expect(panels).toHaveLength(3)
  for (const { body } of panels) {
    const names = textsIn(body).filter((text) => /^redis/.test(text))
    expect(names).toHaveLength(9)
    for (const setup of ['1 server', '1 master', '3 masters']) expect(names).toContain(`redis-lua, ${setup}`)
    expect(textsIn(body).join()).toContain('128 callers at once')
  }
  // One scale: the same numbers stand below each of them.
  const [first, ...others] = panels.map(({ body }) =>
    textsIn(body).filter((text) => /^[\d,.]+ ?[km]?$/i.test(text)),
  )
  expect(first?.length).toBeGreaterThan(0)
  for (const other of others) expect(other).toEqual(first)
})

it('names that begin alike are not cut to the same', () => {
  const long = 'postgres-conditional-update-batched onsale'
  expect(drawable(`${long}-room`)).not.toBe(drawable(`${long}-busy`))
  expect(drawable(`${long}-room`)).toHaveLength(40)
  expect(drawable('short')).toBe('short')
  // No character is cut in two.
  expect(drawable('🎟'.repeat(40)).replaceAll('🎟', '')).toBe('…')
})

function descriptionOf(svg = ''): string | undefined {
  return /<desc[^>]*>([\s\S]*?)<\/desc>/.exec(svg)?.[1]
}

function widthOf(svg = ''): number {
  return Number(/<svg [^>]*\bwidth="(\d+)"/.exec(svg)?.[1])
}

function textsIn(body: string): readonly string[] {
  return [...body.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text ?? '')
}
