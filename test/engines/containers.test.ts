/**
 * Goal: without a daemon, containers are told to be missing in one sentence. Method: the command line, and no daemon.
 * @module-tag full
 */
import { expect, test } from 'vitest'
import { holdfast } from '../cli/holdfast.ts'
import { closingLines, engineRow } from '../closing-table.ts'

const NOWHERE = { DOCKER_HOST: 'tcp://127.0.0.1:1', TESTCONTAINERS_HOST_OVERRIDE: '127.0.0.1' }

test('no daemon is one sentence for every engine, and "not proven"', async () => {
  const ended = await holdfast(['doctor', '--engines', 'containers'], { env: NOWHERE })
  expect(ended.code).toBe(4)
  for (const engine of ['postgres', 'redis', 'tigerbeetle']) {
    expect(ended.out).toContain(
      `NOT PROVEN  ${engine}: No Docker daemon answers, so no container can be started. [engine-missing]`,
    )
  }
  expect(ended.err).not.toMatch(/\n\s+at /)
})

test('nor is there anything to compare', async () => {
  const args = ['compare', '--engines', 'containers', '--strategies', 'postgres-nowait', '--out', 'results']
  const ended = await holdfast(args, { env: NOWHERE })
  expect(ended.code).toBe(4)
  expect(ended.err).toContain('postgres is not available: No Docker daemon answers')
})

test('a source that does not exist is wrong usage', async () => {
  const ended = await holdfast(['compare', '--engines', 'elsewhere'])
  expect(ended).toMatchObject({
    code: 2,
    err: expect.stringContaining('--engines must be local or containers'),
  })
})

test('several runs are summed up in one table and one last line', () => {
  const ready = {
    state: 'ready',
    engine: 'postgres',
    version: 'PostgreSQL 15.20 (Debian 15.20-0+deb12u1)',
    source: 'container (p:15)',
  }
  const row = engineRow({ ...ready, state: 'ready', durability: '', described: '', startMs: 0, stopMs: 0 })
  const missing = engineRow({
    state: 'not proven',
    engine: 'redis',
    missing: 'It is gone.',
    remedy: 'find it',
    code: 'engine-missing',
  })
  expect(
    closingLines([
      { engines: [row], passed: 3, failed: 0 },
      { engines: [missing], passed: 1, failed: 2, failures: ['a.test.ts > one'] },
    ]),
  ).toEqual([
    'postgres     proven      PostgreSQL 15.20     container (p:15)',
    'redis        NOT PROVEN  It is gone. [engine-missing]  To fix it: find it',
    'FAILED: a.test.ts > one',
    '4 passed, 2 failed',
  ])
})
