/**
 * Goal: a run has a PostgreSQL server of its own, as durable as it says, and nothing of it outlives the run.
 * Method: real servers in a cache of these tests' own; programs that are ended in every way a program ends; then the
 * process table and the folder are looked at.
 * @module-tag full
 */
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { monotonicMs } from '../../harness/clock.ts'
import { openCacheHome } from '../../harness/engines/local/cache-home.ts'
import { exists } from '../../harness/engines/local/process-identity.ts'
import { runnableBinaries } from '../../harness/engines/postgres/binaries.ts'
import { EngineError, openPostgres } from '../../harness/engines/postgres/open.ts'
import {
  childrenOf,
  isGone,
  killWatchdog,
  runFolders,
  serverPid,
  startProgram,
  temporaryCache,
} from './harness.ts'

let cache: ReturnType<typeof temporaryCache>
beforeAll(() => {
  cache = temporaryCache()
})
afterAll(() => {
  cache.remove()
})

async function dataFolderOf(engine: Awaited<ReturnType<typeof openPostgres>>): Promise<string> {
  await using space = await engine.openNamespace({ poolSize: 1, label: 'where' })
  const { rows } = await space.pool.query<{ folder: string }>(
    `select current_setting('data_directory') as folder`,
  )
  return rows[0]?.folder ?? ''
}

describe('a server of this run', () => {
  it('is PostgreSQL 18, durable by the server’s own word, and ends with its engine', async () => {
    const engine = await openPostgres({ durability: 'durable', env: cache.env })
    expect(engine.source).toBe('embedded')
    expect(engine.version).toMatch(/^PostgreSQL 18\./)
    expect(engine.durability.label).toBe('durable')
    expect(engine.durability.settings).toMatchObject({
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
    })
    expect(engine.describe()).toContain('fsync=on')
    const password = new URL(engine.connectionString()).password
    expect(password.length).toBeGreaterThan(20)
    expect(`${engine.url} ${engine.describe()}`).not.toContain(password)

    const pid = serverPid(await dataFolderOf(engine))
    expect(exists(pid)).toBe(true)
    await engine[Symbol.asyncDispose]()
    await engine[Symbol.asyncDispose]()
    expect(exists(pid)).toBe(false)
    expect(runFolders(cache)).toEqual([])
  })

  it('is called relaxed when it does not flush', async () => {
    await using engine = await openPostgres({ durability: 'relaxed', env: cache.env })
    expect(engine.durability.label).toBe('relaxed')
    expect(engine.durability.settings).toMatchObject({
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
    })
  })

  it('does not meet another that starts at the same time, even on an empty cache', async () => {
    const empty = temporaryCache()
    try {
      const engines = await Promise.all(
        [1, 2, 3].map(() => openPostgres({ durability: 'relaxed', env: empty.env })),
      )
      expect(new Set(engines.map((engine) => engine.url)).size).toBe(3)
      expect(new Set(engines.map((engine) => engine.connectionString())).size).toBe(3)
      expect(new Set(await Promise.all(engines.map(dataFolderOf))).size).toBe(3)
      await Promise.all(engines.map((engine) => engine[Symbol.asyncDispose]()))
      expect(runFolders(empty)).toEqual([])
      const left = readdirSync(join(empty.folder, 'holdfast')).filter((name) => name.startsWith('.'))
      expect(left).toEqual([])
    } finally {
      empty.remove()
    }
  })

  it('starts from a new template when the kept one is damaged', async () => {
    const damaged = temporaryCache()
    try {
      await (await openPostgres({ durability: 'relaxed', env: damaged.env }))[Symbol.asyncDispose]()
      const home = join(damaged.folder, 'holdfast')
      const template = readdirSync(home).find((name) => name.includes('template')) ?? ''
      truncateSync(join(home, template, 'data', 'global', 'pg_control'), 100)
      const lines: string[] = []
      await using engine = await openPostgres({
        durability: 'relaxed',
        env: damaged.env,
        log: (line) => lines.push(line),
      })
      expect(engine.version).toMatch(/^PostgreSQL 18\./)
      expect(lines.join()).toContain('making the template again')
    } finally {
      damaged.remove()
    }
  })

  it('is given up on request, and leaves nothing', async () => {
    const abort = new AbortController()
    const opening = openPostgres({ durability: 'relaxed', env: cache.env, signal: abort.signal })
    abort.abort()
    await expect(opening).rejects.toMatchObject({ name: 'EngineError', problem: 'aborted' })
    expect(runFolders(cache)).toEqual([])
  })
})

describe('a program that ends', () => {
  const deserted: number[] = []
  afterEach(() => {
    for (const pid of deserted.splice(0)) if (exists(pid)) process.kill(pid, 'SIGKILL')
  })

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`by ${signal} leaves neither server nor folder, and dies of that signal`, async () => {
      const program = await startProgram(cache.env)
      const pid = serverPid(program.dataFolder)
      program.signal(signal)
      expect(await program.ended()).toEqual({ exitCode: null, signal })
      expect(exists(pid)).toBe(false)
      expect(runFolders(cache)).toEqual([])
    })
  }

  for (const [how, ending, exitCode] of [
    ['by an uncaught error', 'throw', 1],
    ['by process.exit', 'exit', 3],
  ] as const) {
    it(`${how} leaves neither server nor folder, and keeps its status`, async () => {
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

  it('by SIGINT leaves nothing of a server that stands still with all its sessions', async () => {
    const program = await startProgram(cache.env)
    const pid = serverPid(program.dataFolder)
    const all = [...childrenOf(pid), pid]
    deserted.push(...all)
    // The auxiliary processes and four sessions at least.
    expect(all.length).toBeGreaterThan(8)
    for (const each of all) process.kill(each, 'SIGSTOP')
    program.signal('SIGINT')
    expect(await program.ended()).toEqual({ exitCode: null, signal: 'SIGINT' })
    await Promise.all(all.map(isGone))
    expect(runFolders(cache)).toEqual([])
  })

  it('by SIGKILL takes its server along', async () => {
    const program = await startProgram(cache.env)
    const pid = serverPid(program.dataFolder)
    deserted.push(pid)
    program.signal('SIGKILL')
    await program.ended()
    await isGone(pid)
  })

  it('by SIGKILL, its watchdog too, leaves a server that the next run ends and clears', async () => {
    const program = await startProgram(cache.env)
    const bystander = await startProgram(cache.env)
    const pid = serverPid(program.dataFolder)
    deserted.push(pid)
    killWatchdog(dirname(program.dataFolder))
    program.signal('SIGKILL')
    await program.ended()
    expect(exists(pid)).toBe(true)

    // Two at once sweep the same folder.
    const engines = await Promise.all(
      [1, 2].map(() => openPostgres({ durability: 'relaxed', env: cache.env })),
    )
    expect(exists(pid)).toBe(false)
    expect(runFolders(cache)).not.toContain(dirname(program.dataFolder).split('/').at(-1))
    // The living are left alone.
    expect(exists(serverPid(bystander.dataFolder))).toBe(true)
    await Promise.all(engines.map((engine) => engine[Symbol.asyncDispose]()))
    bystander.signal('SIGTERM')
    await bystander.ended()
    expect(runFolders(cache)).toEqual([])
  })

  it('shares its monotonic clock with this one', async () => {
    const before = monotonicMs()
    const program = await startProgram(cache.env, 'exit')
    expect(program.readAtMs).toBeGreaterThan(before)
    expect(program.readAtMs).toBeLessThan(monotonicMs())
    await program.ended()
  })
})

describe('what the server needs', () => {
  it('has its library links made, by several at once', async () => {
    const home = openCacheHome('postgres', cache.env)
    const folder = join(home.folder, 'made-up-package')
    for (const part of ['bin', 'lib', 'share/postgresql']) mkdirSync(join(folder, part), { recursive: true })
    writeFileSync(join(folder, 'bin/postgres'), '', { mode: 0o755 })
    writeFileSync(join(folder, 'lib/libx.so.1.2'), 'the library')
    const links = [{ source: 'native/lib/libx.so.1.2', target: 'native/lib/libx.so.1' }]
    writeFileSync(join(folder, 'pg-symlinks.json'), JSON.stringify(links))
    const installed = { folder, packageVersion: '0', platform: 'none' }
    const found = await Promise.all([1, 2, 3].map(() => runnableBinaries(installed, home)))
    expect(found.map((binaries) => binaries.folder)).toEqual([folder, folder, folder])
    expect(readFileSync(join(folder, 'lib/libx.so.1'), 'utf8')).toBe('the library')
  })

  it('is never looked for in a cache that cannot be trusted or used', () => {
    const file = join(cache.folder, 'a-file')
    writeFileSync(file, '')
    const open = () => openCacheHome('postgres', { ...cache.env, XDG_CACHE_HOME: file })
    // Root's choice may be closed to the server's account, so root alone goes on to the next place.
    if (process.geteuid?.() === 0) expect(open().folder).not.toContain(file)
    else expect(open).toThrow(EngineError)
  })
})
