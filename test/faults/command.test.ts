/** Goal: what is mistyped is refused before any server is started, and how long it takes is said. Method: the real starter. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { commitOfCheckout } from '../../harness/compare/machine.ts'
import { resultsText } from '../../harness/results/write.ts'
import { holdfast } from '../cli/holdfast.ts'
import { resultsOf } from '../report/fixture.ts'
import { FULL } from '../size.ts'
import { madeCell } from './made-cell.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'holdfast-faults-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

test.for<readonly [string, RegExp]>([
  ['client-pause', /no fault is called "client-pause"/],
  ['minority-lost --strategy redis-lua', /none of these faults can happen .* it keeps no leases/],
  ['client-paused --shard 9/8', /--shard must be a part such as 1\/8/],
  ['client-paused --strategy redis-lua --shard 2/2', /--shard 2\/2: there are fewer runs than shards/],
  ['client-paused --seeds 0', /--seeds must be a whole number from 1 to 1000/],
  ['client-paused --lucky-seeds many', /--lucky-seeds must be a whole number from 1 to 1000/],
  ['client-paused --jobs 0', /--jobs must be a whole number from 1 to 64/],
  ['client-paused --seed 3 --lucky-seeds 9', /--seed is one run: leave out --lucky-seeds/],
])('faults %s', FULL, async ([typed, said]) => {
  const { code, err } = await holdfast(['faults', ...typed.split(' ')])
  expect(err).toMatch(said)
  expect(code).toBe(2)
})

test('a plan says how many runs there are and how long they take, and leaves nothing', FULL, async () => {
  const out = path.join(folder, 'planned')
  const cells = ['faults', 'connections-cut', 'client-paused', '--strategy', 'redis-lua']
  const planned = await holdfast([...cells, '--plan', '--seeds', '2', '--lucky-seeds', '30', '--out', out])
  // Luck matters in one of the two.
  expect(planned.out).toMatch(/^32 runs\. The whole takes about \d+ min, and can be resumed\.\n$/)
  expect(planned.code).toBe(0)
  expect(await readdir(folder)).not.toContain('planned')
})

test('a part is not put into the results of another part', FULL, async () => {
  const own = path.join(folder, 'parts')
  await mkdir(own)
  const commit = await commitOfCheckout()
  const earlier = resultsOf({ faults: [madeCell('safe')], ...(commit !== undefined && { commit }) })
  await writeFile(path.join(own, 'faults.json'), resultsText({ ...earlier, shard: { index: 1, of: 2 } }))
  const two = ['faults', 'client-paused', '--strategy', 'redis-lua', '--seeds', '2', '--out', own]
  const { code, err } = await holdfast([...two, '--shard', '2/2'])
  expect(err).toMatch(
    /faults\.json is of shard 1\/2 and this of shard 2\/2: name another folder with --out, or replace it with --again/,
  )
  expect(code).toBe(2)
})

test('results of another commit are neither mixed with nor overwritten', FULL, async () => {
  const earlier = resultsOf({ faults: [madeCell('safe')], commit: 'abc' })
  await writeFile(path.join(folder, 'faults.json'), resultsText(earlier))
  const { code, err } = await holdfast([
    'faults',
    'client-paused',
    '--strategy',
    'redis-lua',
    '--out',
    folder,
  ])
  expect(err).toMatch(
    /faults\.json is of commit abc and this is .*: name another folder with --out, or replace it with --again/,
  )
  expect(code).toBe(2)
})
