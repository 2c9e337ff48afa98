/**
 * Goal: a reader can tell the lines of a chart apart, and the published charts show the published data. Method: every experiment's chart
 * of made-up data; the published ones drawn again.
 */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { experimentChart } from '../../experiments/chart.ts'
import { STUDY } from '../../experiments/experiment.ts'
import { experiments } from '../../experiments/registry.ts'
import { PUBLISHED, storedExperiment } from '../../experiments/stored.ts'
import { drawable } from '../../harness/report/charts/draw.ts'
import { chartFile } from '../../harness/report/charts/svg-file.ts'
import { FULL } from '../size.ts'
import { madeUp } from './made-up.ts'

describe.each(experiments.map((experiment) => ({ name: experiment.name, experiment })))(
  'the chart of $name',
  ({ name, experiment }) => {
    it('names its lines in full, each by another name', () => {
      const { panels } = experimentChart(experiment, madeUp(experiment, STUDY))
      expect(panels.length).toBeGreaterThan(0)
      for (const { body } of panels) {
        const names = textsIn(body).filter((text) => /[a-z]{3}/.test(text))
        expect(names.filter((text) => text.includes('…'))).toEqual([])
        expect(names).toEqual([...new Set(names)])
      }
    })

    it(
      'is published as its data are (npm run study:publish docs/results/study draws it again)',
      FULL,
      async ({ skip }) => {
        const data = await storedExperiment(experiment, PUBLISHED)
        const [run] = data?.runs ?? []
        if (data === undefined || run === undefined) return skip('it is not published')
        const saved = await readFile(path.join(PUBLISHED, `${name}.svg`), 'utf8')
        expect(chartFile(experimentChart(experiment, data), run.results) === saved).toBe(true)
      },
    )
  },
)

it('lines of one strategy differ in colour and symbol where nothing else tells them apart', () => {
  const [hotEvents] = experiments.filter(({ name }) => name === 'hot-events')
  if (hotEvents === undefined) throw new Error('there is no such experiment')
  const { panels } = experimentChart(hotEvents, madeUp(hotEvents, STUDY))
  expect(panels.map(({ body }) => textsIn(body).at(-1))).toEqual([
    'redis-lua, hot-events-1',
    'redis-lua, hot-events-3',
    'redis-lua, hot-events-30',
  ])
  for (const { body } of panels) {
    expect(textsIn(body)).toEqual(expect.arrayContaining(['1 server', '1 master', '3 masters']))
    const strokes = [...body.matchAll(/stroke="(#\w{6})" stroke-width="2"/g)].map(([, colour]) => colour)
    expect(new Set(strokes).size).toBe(3)
  }
})

it('names that begin alike are not cut to the same', () => {
  const long = 'postgres-conditional-update-batched onsale'
  expect(drawable(`${long}-room`)).not.toBe(drawable(`${long}-busy`))
  expect(drawable(`${long}-room`)).toHaveLength(40)
  expect(drawable('short')).toBe('short')
  // No character is cut in two.
  expect(drawable('🎟'.repeat(40)).replaceAll('🎟', '')).toBe('…')
})

function textsIn(body: string): readonly string[] {
  return [...body.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text ?? '')
}
