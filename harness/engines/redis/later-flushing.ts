/**
 * A Redis server that answers first and flushes later, and a power cut of its machine. A killed process is
 * none: what it had handed to the system is kept. So what a power cut may take is taken out of the file: all
 * that follows a mark, if the server has flushed nothing since then. That is seen at its thread for flushing,
 * which has not run meanwhile. (WAITAOF does not tell: Valkey 9.1.2 answers it before it flushes.)
 */
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { monotonicMs } from '../../clock.ts'
import type { LaterFlushing } from '../engine.ts'
import { ADMIN_COMMAND_DEADLINE_MS, closeClient, openClient, type RedisTarget } from './connection.ts'
import { persistently } from './persistently.ts'
import { JOURNAL } from './small-disk.ts'

interface CutServer {
  readonly folder: string
  readonly pid: number
  readonly target: RedisTarget
  crash(): Promise<void>
  start(): Promise<void>
}

const APPENDFSYNC = { 'at-once': 'always', 'every-second': 'everysec', never: 'no' } as const
const MARK = 'holdfast:power-mark'
/** More than a second, after which a server that flushes every second has done so. */
const FLUSHED_MS_MAX = 2_500
const POLL_MS = 2
const FLUSHING_THREAD = /^bio_aof/
/** A mark is looked for in the last part of the file. */
const TAIL_BYTES_MAX = 32 * 1024 * 1024

export function laterFlushing(server: CutServer, admin: Redis): LaterFlushing {
  return {
    async set(when) {
      await persistently(() => admin.config('SET', 'appendfsync', APPENDFSYNC[when]))
    },
    async cutPower({ before, deadMs }) {
      const session = { name: 'holdfast-power', commandDeadlineMs: ADMIN_COMMAND_DEADLINE_MS }
      const client = await openClient(server.target, session)
      const folder = join(server.folder, JOURNAL)
      let mark = ''
      try {
        // Just flushed, where it flushes at all: the next time is up to a second away.
        await flushedAgain(server.pid)
        mark = await marked(client)
        // While it flushes, it answers without having written to the file yet.
        if (!(await isWritten(mark, folder))) return undefined
        const flushes = flushesOf(server.pid)
        await before()
        if (flushesOf(server.pid) !== flushes) return undefined
        await server.crash()
      } finally {
        await closeClient(client)
      }
      const lostBytes = cutAt(mark, folder)
      await delay(deadMs)
      await server.start()
      await persistently(() => admin.del(MARK))
      return lostBytes
    },
  }
}

async function flushedAgain(pid: number): Promise<void> {
  const [flushes, endMs] = [flushesOf(pid), monotonicMs() + FLUSHED_MS_MAX]
  while (flushesOf(pid) === flushes && monotonicMs() < endMs) await delay(POLL_MS)
}

/** A number that grows whenever the thread that flushes has begun to run. */
function flushesOf(pid: number): number {
  const threads = `/proc/${pid}/task`
  const thread = readdirSync(threads).find((each) =>
    FLUSHING_THREAD.test(readFileSync(join(threads, each, 'comm'), 'utf8')),
  )
  if (thread === undefined) throw new Error('the server has no thread that flushes its file')
  // Time on the processor, time that it waited for one, and how often it got one.
  return Number(
    readFileSync(join(threads, thread, 'schedstat'), 'utf8')
      .trim()
      .split(' ')[2],
  )
}

async function marked(client: Redis): Promise<string> {
  const mark = randomBytes(16).toString('hex')
  await client.set(MARK, mark)
  return mark
}

async function isWritten(mark: string, folder: string): Promise<boolean> {
  const endMs = monotonicMs() + FLUSHED_MS_MAX
  while (placeOf(mark, folder) === undefined) {
    if (monotonicMs() > endMs) return false
    await delay(POLL_MS)
  }
  return true
}

/** Takes the command with the mark, and all that follows, out of the latest file. Returns how many bytes. */
function cutAt(mark: string, folder: string): number {
  const place = placeOf(mark, folder)
  if (place === undefined) throw new Error('the mark is not in the append-only file')
  truncateSync(place.path, place.commandAt)
  return place.size - place.commandAt
}

/** The latest file, its size, and where the command with the mark begins in it; undefined if it does not. */
function placeOf(
  mark: string,
  folder: string,
): { readonly path: string; readonly size: number; readonly commandAt: number } | undefined {
  const [name] = readdirSync(folder)
    .filter((each) => each.endsWith('.incr.aof'))
    .toSorted((one, other) => sequenceOf(other) - sequenceOf(one))
  if (name === undefined) throw new Error(`there is no append-only file in ${folder}`)
  const path = join(folder, name)
  const { size } = statSync(path)
  const tail = Buffer.alloc(Math.min(size, TAIL_BYTES_MAX))
  const file = openSync(path, 'r')
  try {
    readSync(file, tail, 0, tail.length, size - tail.length)
  } finally {
    closeSync(file)
  }
  const at = tail.indexOf(mark)
  // A command begins a line with the number of its parts.
  const command = at === -1 ? -1 : tail.lastIndexOf('\r\n*', at)
  if (command === -1) return undefined
  return { path, size, commandAt: size - tail.length + command + '\r\n'.length }
}

/** `appendonly.aof.3.incr.aof` is the third. */
function sequenceOf(name: string): number {
  return Number(name.split('.').at(-3))
}
