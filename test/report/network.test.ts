/** Goal: each figure is told with the network it was measured on. Method: rendered from plausible results. */
import { describe, expect, it } from 'vitest'
import { settingsLines } from '../../harness/report/caption.ts'
import { networkLine } from '../../harness/report/network.ts'
import { replayOf } from '../../harness/report/page/again.ts'
import { settingsSection } from '../../harness/report/page/settings.ts'
import { renderTables } from '../../harness/report/table.ts'
import { plain } from '../../harness/report/tone.ts'
import { merged } from '../../harness/results/merge.ts'
import { resultsOf } from './fixture.ts'

const DIRECT = resultsOf()
const [FIRST, SECOND, THIRD] = DIRECT.trials.map((trial, at) => ({
  ...trial,
  network: { latencyMs: 1, measured: { count: 100 + at, medianMs: 1.1 + at / 10 } },
}))
const slow = (trials = [FIRST, SECOND, THIRD].filter((trial) => trial !== undefined)) =>
  resultsOf({ settings: { ...DIRECT.settings, networkLatencyMs: 1 }, trials })

describe('a network', () => {
  it('is told as it was asked for and as it was', () => {
    const line = 'network: 1 ms asked, 1.20 ms measured (median of 303 round trips, 1.10 to 1.30 by trial)'
    expect(networkLine(slow())).toBe(line)
    expect(networkLine(slow(FIRST && [FIRST]))).toBe(
      'network: 1 ms asked, 1.10 ms measured (median of 100 round trips)',
    )
    expect(settingsLines(slow()).join()).toContain(line)
    expect(settingsSection(slow()).text).toContain(line.replace('network: ', ''))
    expect(renderTables(slow(), { paint: plain })).toContain('1 ms of network latency')
    expect(replayOf(slow(), 'redis-lua')).toContain(' --network-latency 1ms')
  })

  it('that nothing measured is not called measured', () => {
    const unmeasured = DIRECT.trials.map((trial) => ({
      ...trial,
      network: { latencyMs: 1, measured: { count: 0, medianMs: 0 } },
    }))
    expect(networkLine(slow(unmeasured))).toBe('network: 1 ms asked, none measured')
  })

  it('that is not there is not mentioned', () => {
    expect(networkLine(DIRECT)).toBeUndefined()
    expect(settingsLines(DIRECT).join()).not.toContain('network')
    expect(renderTables(DIRECT, { paint: plain })).not.toContain('network')
  })

  it('keeps two runs apart', () => {
    const { beside } = merged([
      { name: 'direct', results: { ...DIRECT, startedAt: '2026-01-01T00:00:00.000Z' } },
      { name: 'slow', results: { ...slow(), startedAt: '2026-01-02T00:00:00.000Z' } },
    ])
    expect(beside.map(({ why }) => why)).toEqual(['0 ms of network latency'])
  })
})
