/**
 * Goal: a run has a TigerBeetle cluster of its own, which fails as a cluster fails, and nothing of it outlives the run.
 * Method: real replicas in a cache of these tests' own; replicas that are stopped, killed and paused; programs that are
 * ended in every way a program ends; then the process table and the folder are looked at. Without a server program all
 * of this is skipped, and called not proven.
 * @module-tag full
 */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CreateAccountStatus, id } from 'tigerbeetle-node'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { monotonicMs } from '../../harness/clock.ts'
import { inspectEngines } from '../../harness/engines/inspect.ts'
import { exists } from '../../harness/engines/local/process-identity.ts'
import { openTigerbeetle } from '../../harness/engines/tigerbeetle/open.ts'
import { within } from '../../harness/within.ts'
import { FULL, SLICE } from '../size.ts'
import { isGone, killWatchdog, until } from './harness.ts'
import {
  account,
  commandOf,
  replicaPids,
  runFolders,
  serverProgram,
  startProgram,
  type TigerbeetleCache,
  tigerbeetleCache,
} from './tigerbeetle-harness.ts'

/** A view change takes seconds, and a machine that runs other tests meanwhile takes its time. */
const ANSWER_DEADLINE_MS = 30_000

let cache: TigerbeetleCache
beforeAll(() => {
  cache = tigerbeetleCache()
})
afterAll(() => {
  cache.remove()
})

describe.skipIf(serverProgram === undefined)('replicas of this run', () => {
  it('run in production mode, tell what they are, and end with their engine', async () => {
    const engine = await openTigerbeetle({ replicas: 1, durability: 'durable', env: cache.env })
    expect(engine.version).toMatch(/^TigerBeetle \d+\.\d+\.\d+$/)
    expect(engine.source).toBe('TIGERBEETLE_BIN')
    expect(engine.durability).toMatchObject({ label: 'durable', settings: { mode: 'production' } })
    expect(engine.durability.storage).not.toBe('')
    expect(engine.describe()).toContain('mode=production')
    expect(engine.describe()).not.toContain('\n')
    expect(engine.replicas.length).toBe(1)

    const pids = replicaPids(cache)
    expect(pids.map(exists)).toEqual([true])
    expect(commandOf(pids[0] ?? 0)).not.toContain('--development')
    await engine[Symbol.asyncDispose]()
    await engine[Symbol.asyncDispose]()
    expect(pids.map(exists)).toEqual([false])
    expect(runFolders(cache)).toEqual([])
    await expect(engine.openNamespace({ label: 'late' })).rejects.toThrow('closed')
  })

  it('say so when they are relaxed', async () => {
    await using engine = await openTigerbeetle({ replicas: 1, durability: 'relaxed', env: cache.env })
    expect(engine.durability).toMatchObject({ label: 'development', settings: { mode: 'development' } })
    expect(replicaPids(cache).map(commandOf)).toEqual([expect.stringContaining('--development')])
  })

  it('of two runs at once do not meet', async () => {
    const engines = await Promise.all(
      [1, 2].map(() => openTigerbeetle({ replicas: 1, durability: 'relaxed', env: cache.env })),
    )
    expect(new Set(engines.map((engine) => engine.replicas[0]?.address)).size).toBe(2)
    expect(new Set(engines.map((engine) => engine.clusterId)).size).toBe(2)
    await Promise.all(engines.map((engine) => engine[Symbol.asyncDispose]()))
    expect(runFolders(cache)).toEqual([])
  })

  it('keep what they answered through a crash', async () => {
    await using engine = await openTigerbeetle({ replicas: 1, durability: 'durable', env: cache.env })
    await using space = await engine.openNamespace({ label: 'crash' })
    const seat = account({ id: id(), ledger: space.ledger })
    const [result] = await within(ANSWER_DEADLINE_MS, space.client.createAccounts([seat]))
    expect(result?.status).toBe(CreateAccountStatus.created)
    const [replica] = engine.replicas
    await replica?.stop('SIGKILL')
    expect(replicaPids(cache)).toEqual([])
    await expect(within(200, space.client.lookupAccounts([seat.id]))).rejects.toThrow('no answer')
    await replica?.start()
    const found = await within(ANSWER_DEADLINE_MS, space.client.lookupAccounts([seat.id]))
    expect(found).toMatchObject([{ id: seat.id, ledger: space.ledger }])
  })

  it('answer late, not never, after they stood still', async () => {
    await using engine = await openTigerbeetle({ replicas: 1, durability: 'relaxed', env: cache.env })
    await using space = await engine.openNamespace({ label: 'pause' })
    await engine.replicas[0]?.pause()
    const answer = space.client.lookupAccounts([1n])
    await expect(within(300, answer)).rejects.toThrow('no answer')
    await engine.replicas[0]?.resume()
    expect(await within(ANSWER_DEADLINE_MS, answer)).toEqual([])
  })

  it('are closed at once while one of them is away and a request is under way', async () => {
    const engine = await openTigerbeetle({ replicas: 1, durability: 'relaxed', env: cache.env })
    const space = await engine.openNamespace({ label: 'away' })
    await engine.replicas[0]?.stop('SIGKILL')
    const answer = space.client.lookupAccounts([1n]).catch((error: unknown) => error)
    await space[Symbol.asyncDispose]()
    expect(await within(5_000, answer)).toMatchObject({ code: 'ERR_CLIENT_CLOSED' })
    await engine[Symbol.asyncDispose]()
    expect(runFolders(cache)).toEqual([])
  })

  it('are three, of which any one may be killed', { ...FULL, timeout: 180_000 }, async () => {
    await using engine = await openTigerbeetle({ replicas: 3, durability: 'relaxed', env: cache.env })
    await using space = await engine.openNamespace({ label: 'three' })
    expect(new Set(engine.replicas.map(({ address }) => address)).size).toBe(3)
    const written: bigint[] = []
    for (const replica of engine.replicas) {
      await replica.stop('SIGKILL')
      const seat = account({ id: id(), ledger: space.ledger })
      const [result] = await within(ANSWER_DEADLINE_MS, space.client.createAccounts([seat]))
      expect(result?.status).toBe(CreateAccountStatus.created)
      written.push(seat.id)
      await replica.start()
      expect(await within(ANSWER_DEADLINE_MS, space.observer.lookupAccounts(written))).toHaveLength(
        written.length,
      )
    }
  })
})

describe.skipIf(serverProgram === undefined)('a namespace', () => {
  it('is an empty ledger of its own, whose client is its own until it is released', async () => {
    await using engine = await openTigerbeetle({ replicas: 1, durability: 'relaxed', env: cache.env })
    const spaces = await Promise.all(
      Array.from({ length: 4 }, (_, at) => engine.openNamespace({ label: `space ${at}` })),
    )
    expect(new Set(spaces.map(({ ledger }) => ledger)).size).toBe(4)
    expect(new Set(spaces.flatMap(({ client, observer }) => [client, observer])).size).toBe(8)
    for (const { observer, ledger } of spaces) {
      const everything = { user_data_128: 0n, user_data_64: 0n, user_data_32: 0, code: 0, flags: 0 }
      const there = await observer.queryAccounts({
        ...everything,
        ledger,
        timestamp_min: 0n,
        timestamp_max: 0n,
        limit: 10,
      })
      expect(there).toEqual([])
    }
    await Promise.all(spaces.map((space) => space[Symbol.asyncDispose]()))
    await expect(spaces[0]?.client.lookupAccounts([1n])).rejects.toMatchObject({ code: 'ERR_CLIENT_CLOSED' })

    // More than a cluster has sessions, one after another: they are the same few clients, and none is pushed out.
    await using lasting = await engine.openNamespace({ label: 'lasting' })
    for (let at = 0; at < 70; at += 1) {
      await using space = await engine.openNamespace({ label: 'passing' })
      expect(space.ledger).not.toBe(lasting.ledger)
    }
    expect(await within(ANSWER_DEADLINE_MS, lasting.client.lookupAccounts([1n]))).toEqual([])
  })

  it('reads the clock that timeouts go by, within its own error', async () => {
    await using engine = await openTigerbeetle({ replicas: 1, durability: 'relaxed', env: cache.env })
    await using space = await engine.openNamespace({ label: 'clock' })
    const { offsetMs, errorMs } = await space.readClock()
    const again = await space.readClock()
    expect(errorMs).toBeLessThan(100)
    // The cluster's clock is this machine's; a millisecond is the grain of Date.now().
    expect(Math.abs(offsetMs + monotonicMs() - Date.now())).toBeLessThan(errorMs + 5)
    expect(Math.abs(again.offsetMs - offsetMs)).toBeLessThan(errorMs + again.errorMs + 5)
    // The account's own time lies between the readings around its creation.
    const before = monotonicMs()
    const [made] = await space.client.createAccounts([account({ id: id(), ledger: space.ledger })])
    const after = monotonicMs()
    const madeMs = Number((made?.timestamp ?? 0n) / 1_000n) / 1_000 - offsetMs
    expect(madeMs).toBeGreaterThan(before - errorMs - 1)
    expect(madeMs).toBeLessThan(after + errorMs + 1)
  })
})

describe.skipIf(serverProgram === undefined)('a program that ends', () => {
  const deserted: number[] = []
  afterEach(() => {
    for (const pid of deserted.splice(0)) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It is gone, as it should be.
      }
    }
  })

  // SIGTERM takes the same way as SIGINT.
  for (const [signal, size] of [
    ['SIGINT', SLICE],
    ['SIGTERM', FULL],
  ] as const) {
    it(`by ${signal} leaves neither replica nor folder, and dies of that signal`, size, async () => {
      const program = await startProgram(cache.env)
      const pids = replicaPids(cache)
      deserted.push(...pids)
      expect(pids.length).toBe(1)
      program.signal(signal)
      expect(await program.ended()).toEqual({ exitCode: null, signal })
      expect(pids.map(exists)).toEqual([false])
      expect(runFolders(cache)).toEqual([])
    })
  }

  for (const [how, ending, exitCode, size] of [
    ['by an uncaught error', 'throw', 1, SLICE],
    ['by process.exit', 'exit', 3, FULL],
  ] as const) {
    it(`${how} leaves neither replica nor folder, and keeps its status`, size, async () => {
      const program = await startProgram(cache.env, ending)
      expect(await program.ended()).toEqual({ exitCode, signal: null })
      expect(runFolders(cache)).toEqual([])
    })
  }

  it('by its own handling of SIGINT is left to do so', async () => {
    const program = await startProgram(cache.env, 'own-handler')
    program.signal('SIGINT')
    expect(await program.ended()).toEqual({ exitCode: 7, signal: null })
    expect(runFolders(cache)).toEqual([])
  })

  it('by SIGKILL takes its replica along, a standing one too', async () => {
    const program = await startProgram(cache.env)
    const pids = replicaPids(cache)
    deserted.push(...pids)
    process.kill(pids[0] ?? 0, 'SIGSTOP')
    program.signal('SIGKILL')
    await program.ended()
    await Promise.all(pids.map(isGone))
    await until('the folder is removed', () => runFolders(cache).length === 0)
  })

  it('by SIGKILL, its watchdog too, leaves a replica that the next run ends and clears', async () => {
    const program = await startProgram(cache.env)
    const [folder = ''] = runFolders(cache)
    const pids = replicaPids(cache)
    deserted.push(...pids)
    killWatchdog(folder)
    program.signal('SIGKILL')
    await program.ended()
    expect(pids.map(exists)).toEqual([true])
    const lines: string[] = []
    const engine = await openTigerbeetle({
      replicas: 1,
      durability: 'relaxed',
      env: cache.env,
      log: (line) => lines.push(line),
    })
    expect(pids.map(exists)).toEqual([false])
    expect(runFolders(cache)).not.toContain(folder)
    expect(lines.join()).toContain('1 killed run')
    await engine[Symbol.asyncDispose]()
    expect(runFolders(cache)).toEqual([])
  })
})

describe.skipIf(serverProgram === undefined)('the server program', () => {
  it('is found on the PATH, an older one passed over, and called ready by the inspection', async () => {
    const { TIGERBEETLE_BIN: _, ...env } = cache.env
    const [old, sound] = [join(cache.folder, 'old'), join(cache.folder, 'sound')]
    for (const folder of [old, sound]) mkdirSync(folder)
    writeFileSync(join(old, 'tigerbeetle'), '#!/bin/sh\necho "TigerBeetle version 0.16.4+abc"\n', {
      mode: 0o755,
    })
    symlinkSync(serverProgram ?? '', join(sound, 'tigerbeetle'))
    const lines: string[] = []
    const reports = await inspectEngines(
      { ...env, PATH: `${old}:${sound}:${env.PATH}`, POSTGRES_URL: 'none', REDIS_URL: 'none' },
      { log: (line) => lines.push(line) },
    )
    expect(reports.find(({ engine }) => engine === 'tigerbeetle')).toMatchObject({
      state: 'ready',
      source: 'PATH',
      durability: 'durable',
    })
    expect(lines.join()).toContain('it is version 0.16.4')
  })
})
