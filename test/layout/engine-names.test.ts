/** Goal: an engine is one folder and one line. Method: code that names one, in the tree and planted. */
import { expect, test } from 'vitest'
import { EXCEPTIONS, enginesByName } from './engine-names.ts'
import { sources } from './sources.ts'

test('nothing outside an engine’s folder asks for it by name', () => {
  expect(enginesByName(sources)).toEqual([])
})

test('an exception is a file that is there and needs it, and says why', () => {
  for (const { path, reason } of EXCEPTIONS) {
    const text = sources.find((each) => each.path === path)?.text ?? expect.fail(`${path} is not there`)
    expect(enginesByName([{ path: `${path}.planted.ts`, text }]), path).not.toEqual([])
    expect(reason.length, path).toBeGreaterThan(20)
  }
})

test.for<readonly [text: string]>([
  ["const engines = ['postgres', 'redis']"],
  ['if (name === "redis") return'],
  ['const pool = connections.postgres'],
  ['const { tigerbeetle } = engines'],
  ['const servers = { redis: 3 }'],
  ["import { clientVersion } from '../engines/tigerbeetle/client.ts'"],
])('%s would be found', ([text]) => {
  for (const path of ['harness/report/planted.ts', 'cli/planted.ts', 'experiments/planted.ts'])
    expect(enginesByName([{ path, text }])).toHaveLength(1)
})

test.for<readonly [path: string, text: string]>([
  ['harness/engines/redis/planted.ts', "const name = 'redis'"],
  ['strategies/planted.ts', "on(['postgres'], …)"],
  ['harness/report/planted.ts', "/** As in 'postgres'. */"],
  ['harness/report/planted.ts', "// As in 'postgres'."],
  ['harness/report/planted.ts', "const FOR_UPDATE = 'postgres-select-for-update'"],
])('%s may say %s', ([path, text]) => {
  expect(enginesByName([{ path, text }])).toEqual([])
})
