/**
 * Goal: containers that cannot be had are told in one sentence, and none is left behind, whatever ends a run.
 * Method: wrong images and registries; programs with a container that are killed, with and without their watchdog.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { imageOf } from '../../harness/engines/containers/images.ts'
import {
  listed,
  OWNER_LABEL,
  reachDaemon,
  sweepStaleContainers,
} from '../../harness/engines/containers/runtime.ts'
import { startContainers } from '../../harness/engines/containers/start.ts'
import { postgres } from '../../harness/engines/postgres/index.ts'
import { redis } from '../../harness/engines/redis/index.ts'

/** The watchdog looks for five seconds; a busy machine takes longer to begin. */
const PATIENCE_MS = 40_000
const POLL_MS = 100

const given = inject('containers')
const hasRedis = given?.redis?.state === 'started'
const one = { durability: 'relaxed', servers: { redis: 1 } } as const

/** The containers whose owner is this process. */
async function containersOf(pid: number): Promise<readonly string[]> {
  const all = await listed(await reachDaemon('redis'), OWNER_LABEL)
  return all
    .filter(({ Labels: labels }) => {
      const owner: unknown = JSON.parse(labels[OWNER_LABEL] ?? 'null')
      return typeof owner === 'object' && owner !== null && 'pid' in owner && owner.pid === pid
    })
    .map(({ Id: id }) => id)
}

async function untilNoneOf(pid: number): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS
  while ((await containersOf(pid)).length > 0) {
    if (performance.now() > endMs)
      throw new Error(`containers of ${pid} were still there after ${PATIENCE_MS} ms`)
    await delay(POLL_MS)
  }
}

/** A program that has a container of its own. */
async function program(): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('./fixtures/run-with-container.ts', import.meta.url))],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  onTestFinished(async () => {
    child.stdin.end()
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  const [line] = await once(createInterface(child.stdout), 'line')
  expect(JSON.parse(String(line))).toMatchObject({ state: 'started' })
  if (child.pid === undefined) throw new Error('the program did not start')
  return Object.assign(child, { pid: child.pid })
}

async function kill(child: ChildProcess): Promise<void> {
  const end = once(child, 'exit')
  child.kill('SIGKILL')
  await end
}

function watchdogOf(pid: number): number {
  const printed = execFileSync('ps', ['-ww', '-A', '-o', 'pid=,ppid=,command='], { encoding: 'utf8' })
  const [watchdog] = printed.split('\n').flatMap((line) => {
    const [each, parent] = line.trim().split(/\s+/).map(Number)
    return line.includes('containers/watchdog') && parent === pid ? [each ?? 0] : []
  })
  if (watchdog === undefined) throw new Error(`${pid} has no watchdog`)
  return watchdog
}

describe.skipIf(!hasRedis)('one clear sentence, and nothing left,', () => {
  test('for an image that is another program', async () => {
    const env = { ...process.env, HOLDFAST_REDIS_IMAGE: (await imageOf(postgres, process.env)).name }
    await using started = await startContainers([redis], { ...one, env })
    expect(started.given.redis).toMatchObject({
      state: 'missing',
      why: expect.stringMatching(/^No Redis server came up in a container of .*: .*\.$/),
      remedy: expect.stringContaining('export HOLDFAST_REDIS_IMAGE='),
    })
    await started[Symbol.asyncDispose]()
    expect(await containersOf(process.pid)).toEqual([])
  })

  test('for a registry that is out of reach', async () => {
    const env = { ...process.env, HOLDFAST_REDIS_IMAGE: '127.0.0.1:1/none:1' }
    await using started = await startContainers([redis], { ...one, env })
    expect(started.given.redis).toMatchObject({
      state: 'missing',
      why: expect.stringMatching(
        /^The image 127\.0\.0\.1:1\/none:1 is not on this machine and could not be fetched: /,
      ),
    })
  })

  test('for a container that ends in the middle of a run', async () => {
    const said: string[] = []
    await using started = await startContainers([redis], { ...one, log: (line) => said.push(line) })
    expect(started.given.redis?.state).toBe('started')
    const [id] = await containersOf(process.pid)
    const client = await reachDaemon('redis')
    await client.container.getById(id ?? '').kill()
    const endMs = performance.now() + PATIENCE_MS
    while (said.length === 0 && performance.now() < endMs) await delay(POLL_MS)
    expect(said).toEqual([
      expect.stringMatching(/^redis: its container \(.*\) ended by itself, exit code 137: /),
    ])
  })
})

describe.skipIf(!hasRedis)('a killed program', () => {
  test('has its containers removed by its watchdog', async () => {
    const child = await program()
    expect(await containersOf(child.pid)).toHaveLength(1)
    await kill(child)
    await expect(untilNoneOf(child.pid)).resolves.toBeUndefined()
  })

  test('and its watchdog, by the next run, which leaves those of the living alone', async () => {
    const dead = await program()
    const living = await program()
    process.kill(watchdogOf(dead.pid), 'SIGKILL')
    await kill(dead)
    await sweepStaleContainers(await reachDaemon('redis'), () => undefined)
    await untilNoneOf(dead.pid)
    expect(await containersOf(living.pid)).toHaveLength(1)
  })
})
