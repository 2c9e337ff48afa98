/**
 * Goal: cells that were measured again stand in the published table in the place of their own, and nothing else changes; the
 * history of a mismatch is kept beside it. Method: results and histories made by hand.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { withHistoriesKept } from '../../harness/faults/missed-histories.ts'
import { withCellsReplaced } from '../../harness/faults/replace-cells.ts'
import { readHistory, writeHistory } from '../../harness/history/files.ts'
import type { HistoryRecord } from '../../harness/history/record.ts'
import type { FaultCell } from '../../harness/results/faults.ts'
import type { Results } from '../../harness/results/results.ts'
import { resultsOf } from '../report/fixture.ts'
import { madeCell } from './made-cell.ts'

function tableOf(faults: readonly FaultCell[], more: Partial<Results> = {}): Results {
  return { ...resultsOf({ faults: [...faults] }), commit: 'old', ...more }
}

test('all runs of a measured cell are replaced, whatever their seeds, and the others say their commit', () => {
  const published = tableOf([
    madeCell('safe', { seed: 1 }),
    madeCell('oversells', { seed: 7 }),
    madeCell('safe', { strategy: 'another' }),
  ])
  const fresh = tableOf([madeCell('safe', { seed: 1 }), madeCell('safe', { seed: 2 })], { commit: 'new' })
  const { faults = [], commit } = withCellsReplaced(published, { name: 'new.json', results: fresh })
  expect(commit).toBe('new')
  expect(faults.map(({ strategy, seed, commit: own }) => `${strategy} ${seed} ${own}`)).toEqual([
    'another 1 old',
    'a-strategy 1 new',
    'a-strategy 2 new',
  ])
  const [engine] = published.engines
  const later = tableOf([], { commit: 'third' })
  const again = withCellsReplaced(
    { ...published, faults, commit: 'new' },
    { name: 'third.json', results: { ...later, faults: [madeCell('safe', { fault: 'b-fault' })] } },
  )
  expect(again.faults?.map((cell) => cell.commit)).toEqual(['old', 'new', 'new', 'third'])
  expect(() =>
    withCellsReplaced(published, {
      name: 'new.json',
      results: tableOf([], {
        engines: published.engines.map((each) => ({ ...each, version: 'another 1.0' })),
      }),
    }),
  ).toThrow(`the published table is of ${engine?.version} and new.json of another 1.0`)
})

test('the run that shows a mismatch keeps its history, and nothing else does', async () => {
  const root = await mkdtemp(path.join(tmpdir(), 'holdfast-missed-'))
  try {
    const folder = path.join(root, 'kept')
    const records: readonly HistoryRecord[] = [
      {
        type: 'history',
        format: 2,
        strategy: 'a-strategy',
        workload: 'sale-with-a-fault',
        seed: 2,
        startedAt: '2026-01-01T00:00:00.000Z',
        resources: [],
        clock: { offsetMs: 0, errorMs: 0 },
        freesLateMs: 0,
        refusals: 'exact',
      },
    ]
    const file = path.join(root, 'one.jsonl')
    await writeHistory(file, records)
    const missed = madeCell('oversells', { seed: 2, historyFile: file })
    const cells = [madeCell('safe', { seed: 1, historyFile: file }), missed]
    const kept = await withHistoriesKept(cells, { folder, root })
    expect(kept.map(({ historyFile }) => historyFile)).toEqual([
      undefined,
      'kept/a-fault-a-strategy-2.history',
    ])
    const copied = await recordsIn(path.join(root, kept[1]?.historyFile ?? ''))
    expect(copied).toEqual(await recordsIn(file))

    // Rendered again, it stays; when the cell is as predicted, it goes.
    expect(await withHistoriesKept(kept, { folder, root })).toEqual(kept)
    await withHistoriesKept([madeCell('safe', { historyFile: file })], { folder, root })
    expect(await readdir(folder)).toEqual([])
  } finally {
    await rm(root, { recursive: true })
  }
})

async function recordsIn(file: string): Promise<readonly HistoryRecord[]> {
  const records: HistoryRecord[] = []
  for await (const record of readHistory(file)) records.push(record)
  return records
}
