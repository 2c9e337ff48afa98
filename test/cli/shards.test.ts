/**
 * Goal: the shards of a run are that run, whichever machines they were on. Method: real processes play the machines, all at
 * once; what report makes of their files is compared with a run that was not divided.
 */
import { mkdir, mkdtempDisposable, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { readResults } from '../../harness/results/read.ts'
import type { Results } from '../../harness/results/results.ts'
import { sampled } from '../size.ts'
import { holdfast } from './holdfast.ts'

const OF = 3

/** `told`: what must be the same of the whole and of the shards together, for figures differ. */
const RUNS: readonly {
  readonly name: string
  readonly args: readonly string[]
  readonly told: (results: Results) => readonly unknown[]
}[] = [
  {
    name: 'explore',
    args: [
      'explore',
      ...['--strategies', 'postgres-conditional-update,postgres-nowait,postgres-naive'],
      ...['--scenario', 'hold'],
    ],
    told: ({ explorations = [] }) => explorations.map(({ diagramSvg: _, ...exploration }) => exploration),
  },
  {
    name: 'compare',
    args: [
      'compare',
      ...['--strategies', 'postgres-conditional-update', '--workloads', 'drain', '--repeats', String(OF)],
      ...['--concurrency', '8', '--duration', '300ms', '--warmup', '0', '--seed', '7'],
    ],
    told: ({ trials, seed }) =>
      trials.map(({ strategy, workload, concurrency, repeat, verdict }) => ({
        ...{ strategy, workload, concurrency, repeat, verdict, seed },
      })),
  },
  {
    name: 'faults',
    args: ['faults', 'connections-cut', '--strategy', 'redis-lua', '--seeds', String(OF), '--jobs', '1'],
    told: ({ faults = [] }) =>
      faults.map(({ fault, strategy, seed, predicted, outcome }) => ({
        ...{ fault, strategy, seed, predicted, outcome },
      })),
  },
]

// In the gate, every second one.
const SIZED = RUNS.map((run, at) => ({ ...run, size: sampled(at, 0, 2) }))

describe.for(SIZED)('$name', ({ args, told, size }) => {
  const options = { ...size, timeout: 600_000 }
  test(
    'in shards, at once, is the run that was not divided; without one of them it is refused',
    options,
    async () => {
      await using home = await mkdtempDisposable(path.join(tmpdir(), 'holdfast-shards-'))
      const at = (name: string): string => path.join(home.path, name)
      const shards = Array.from({ length: OF }, (_, part) => `${part + 1}/${OF}`)
      const folderOf = (shard: string): string => at(`shard-${shard.replace('/', '-of-')}`)
      const ended = await Promise.all(
        shards.map((shard) => holdfast([...args, '--shard', shard, '--out', folderOf(shard)])),
      )
      for (const { code, err } of ended) expect(code, err).toBe(0)
      const files = await Promise.all(shards.map(async (shard) => await resultsIn(folderOf(shard))))

      const [first = ''] = files
      if ((await readResults(first)).commit?.endsWith('-dirty')) {
        const { code, err } = await holdfast(['report', ...files, '--out', at('changed')])
        expect([code, err]).toEqual([2, expect.stringContaining('a checkout with changes')])
        // What follows is asked of the same files as a checkout without changes would have written them.
        for (const file of files) await withoutChanges(file)
      }

      const lacking = await holdfast(['report', ...files.toSpliced(1, 1), '--out', at('lacking')])
      expect([lacking.code, lacking.err]).toEqual([2, expect.stringMatching(/of 3 shards 2\/3 is missing/)])
      const twice = await holdfast([
        'report',
        ...files,
        ...(await copied(first, at('again'))),
        '--out',
        at('twice'),
      ])
      expect(twice.code).toBe(2)

      const whole = await holdfast(['report', ...files.toReversed(), '--out', at('whole')])
      expect(whole.code, whole.err).toBe(0)
      const undivided = await holdfast([...args, '--out', at('undivided')])
      expect(undivided.code, undivided.err).toBe(0)
      const merged = await readResults(path.join(at('whole'), 'results.json'))
      expect(merged.shard).toBeUndefined()
      expect(sorted(told(merged))).toEqual(sorted(told(await readResults(await resultsIn(at('undivided'))))))
      expect(told(merged).length).toBeGreaterThanOrEqual(OF)
    },
  )
})

async function resultsIn(folder: string): Promise<string> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json'))
  expect(files).toHaveLength(1)
  return path.join(folder, files[0] ?? '')
}

async function withoutChanges(file: string): Promise<void> {
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replace(/("commit": ?"[^"]*)-dirty"/, '$1"'))
}

async function copied(file: string, folder: string): Promise<readonly string[]> {
  await mkdir(folder)
  const copy = path.join(folder, path.basename(file))
  await writeFile(copy, await readFile(file))
  return [copy]
}

function sorted(items: readonly unknown[]): readonly string[] {
  return items.map((item) => JSON.stringify(item)).toSorted()
}
