/**
 * Goal: no chart or table puts strategies into an order that their repeats do not carry. Method: the same
 * trials with too few repeats, with enough, and too short.
 */
import { describe, expect, it } from 'vitest'
import { chartsOf } from '../../harness/report/charts/charts.ts'
import { chartFile } from '../../harness/report/charts/svg-file.ts'
import { renderTables } from '../../harness/report/table.ts'
import { plain } from '../../harness/report/tone.ts'
import type { Trial } from '../../harness/results/trial.ts'
import { resultsOf, SAFE, trialOf } from './fixture.ts'

const SPEEDS = [300, 900, 600]

/** The first is the slowest and needs most attempts, so that the order of names differs from that of figures. */
function trialsOf(repeats: number, changed: (trial: Trial) => Trial = (trial) => trial): readonly Trial[] {
  return SPEEDS.flatMap((speed, at) =>
    Array.from({ length: repeats }, (_, index) =>
      changed({
        ...trialOf({
          strategy: SAFE[at] ?? '',
          workload: 'sell-out',
          concurrency: 32,
          repeat: index + 1,
          goodputPerSecond: speed + index,
        }),
        attemptsPerSuccess: 1_000 / speed,
      }),
    ),
  )
}

function charted(trials: readonly Trial[]) {
  const results = resultsOf({ trials })
  const { charts, data } = chartsOf(results)
  const drawn = charts.find(({ id }) => id === 'attempts')
  return { results, charts, data, drawn, names: drawn?.table.rows.map(([name]) => name) ?? [] }
}

describe('charts', () => {
  it('order strategies by name, and say so, where their repeats carry no order', () => {
    const { names, data, drawn, results } = charted(trialsOf(4))
    expect(names).toEqual([...names].sort())
    expect(data.whyUnranked).toBe('4 of at least 5 repeats')
    if (drawn === undefined) throw new Error('there is no chart of attempts')
    expect(chartFile(drawn, results)).toContain('Not ranked (4 of at least 5 repeats)')
    // A chart of its own makes no such order, whatever results its settings are taken from.
    const { unranked: _, ...own } = drawn
    expect(chartFile(own, results)).not.toContain('Not ranked')
  })

  it('put the least first where they do', () => {
    const { names, data } = charted(trialsOf(5))
    expect(data.whyUnranked).toBeUndefined()
    expect(names).toEqual([SAFE[1], SAFE[2], SAFE[0]])
  })

  it('leave out what is too short for a rate', () => {
    const { charts } = charted(trialsOf(5, (trial) => ({ ...trial, elapsedMs: 900 })))
    expect(charts).toEqual([])
  })
})

describe('a table', () => {
  const tableOf = (trials: readonly Trial[]) => renderTables(resultsOf({ trials }), { paint: plain })

  it('says whose repeats scatter, and of nobody else', () => {
    const scattered = trialsOf(5, (trial) =>
      trial.strategy === SAFE[0]
        ? { ...trial, goodputPerSecond: trial.goodputPerSecond * (trial.repeat === 1 ? 2 : 1) }
        : trial,
    )
    expect(tableOf(trialsOf(5))).not.toContain('scatter')
    expect(tableOf(scattered)).toMatch(
      new RegExp(`scatter by more than 10 %: ${SAFE[0]} \\(\\d+ %\\)\\n?$`, 'm'),
    )
  })

  it('says where the load generator was the limit', () => {
    const busy = trialsOf(5, (trial) => ({
      ...trial,
      generatorBusy: trial.strategy === SAFE[1] ? 0.97 : 0.4,
    }))
    expect(tableOf(busy)).toContain(`the load generator, not the engine, was the limit: ${SAFE[1]}`)
  })
})
