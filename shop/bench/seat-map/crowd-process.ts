/** A process of the bench: its viewers, or its buyers. */
import { setTimeout as delay } from 'node:timers/promises'
import { monotonicMs } from '../../../harness/clock.ts'
import { beginInTime } from '../../open-loop.ts'
import { Connection } from './connection.ts'
import type { CrowdJob, CrowdTold } from './messages.ts'

/** Fewer than a server's backlog. */
const OPENING_AT_ONCE = 200
const BUYERS_CONNECTIONS = 64
/** Beyond it, one who looks or buys is not answered. */
const LATE_MS = 10_000

type JobOf<Kind extends CrowdJob['kind']> = Extract<CrowdJob, { kind: Kind }>

process.once('disconnect', () => process.exit(1))
process.once('message', (job: CrowdJob) => {
  const before = process.cpuUsage()
  const work = job.kind === 'viewers' ? viewers(job) : buyers(job)
  work.then(
    (told) => {
      const { user, system } = process.cpuUsage(before)
      process.send?.({ ...told, cpuMs: (user + system) / 1_000 }, undefined, undefined, () => process.exit(0))
    },
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`)
      process.exit(1)
    },
  )
})

type Told = Omit<CrowdTold, 'cpuMs'>

class Tally {
  #asked = 0
  #answered = 0
  #bytes = 0
  readonly #ms: number[] = []

  async of(
    intendedMs: number,
    answer: Promise<{ readonly status: number; readonly bytes: number } | undefined>,
  ) {
    this.#asked += 1
    const told = await answer
    if (told === undefined) return
    this.#bytes += told.bytes
    // One that was refused, as sold, knows as well.
    if (told.status >= 500) return
    this.#answered += 1
    this.#ms.push(monotonicMs() - intendedMs)
  }

  heard(bytes: number): void {
    this.#bytes += bytes
  }

  first(ms: number): void {
    this.#answered += 1
    this.#ms.push(ms)
  }

  /** One without an answer has waited longer than anybody who has one. */
  told(asked = this.#asked): Told {
    const sorted = this.#ms.toSorted((one, other) => one - other)
    const at = (share: number): number =>
      sorted[Math.max(0, Math.ceil(asked * share) - 1)] ?? Number.POSITIVE_INFINITY
    return { asked, answered: this.#answered, bytes: this.#bytes, p50: at(0.5), p95: at(0.95) }
  }
}

async function opened(count: number, port: number, from: string): Promise<readonly Connection[]> {
  const all: Connection[] = []
  for (let at = 0; at < count; at += OPENING_AT_ONCE) {
    const size = Math.min(OPENING_AT_ONCE, count - at)
    const some = await Promise.all(Array.from({ length: size }, () => Connection.open(port, from)))
    all.push(...some.filter((each) => each !== undefined))
  }
  return all
}

async function viewers({
  viewers: count,
  port,
  from,
  way,
  seconds,
  everySeconds,
}: JobOf<'viewers'>): Promise<Told> {
  using undo = new DisposableStack()
  const all = await opened(count, port, from)
  for (const each of all) undo.use(each)
  const tally = new Tally()
  const startedMs = monotonicMs()
  const endMs = startedMs + seconds * 1_000
  const spreadMs = everySeconds * 1_000
  await Promise.all(
    all.map(async (connection, at) => {
      let dueMs = startedMs + (at * spreadMs) / all.length
      if (way === 'deltas') {
        if (dueMs >= endMs) return
        await delay(Math.max(0, dueMs - monotonicMs()))
        let isFirst = true
        connection.listen('GET /events/onsale/seats HTTP/1.1\r\nhost: bench\r\n\r\n', (chunk) => {
          if (isFirst) tally.first(monotonicMs() - dueMs)
          isFirst = false
          tally.heard(chunk.length)
        })
        return
      }
      for (; dueMs < endMs; dueMs += spreadMs) {
        await delay(Math.max(0, dueMs - monotonicMs()))
        if (monotonicMs() >= endMs) return
        // One who looks does not wait for longer, but leaves; there is no second request on its connection.
        const late = delay(Math.min(LATE_MS, Math.max(1, endMs - monotonicMs()))).then(() => undefined)
        const answer = Promise.race([connection.ask(`GET /${way} HTTP/1.1\r\nhost: bench\r\n\r\n`), late])
        await tally.of(dueMs, answer)
        if ((await answer) === undefined) return
      }
    }),
  )
  await delay(Math.max(0, endMs - monotonicMs()))
  const due = all.filter((_, at) => startedMs + (at * spreadMs) / all.length < endMs).length
  return tally.told(way === 'deltas' ? due : undefined)
}

async function buyers({ port, from, seconds, perSecond, seats }: JobOf<'buyers'>): Promise<Told> {
  using undo = new DisposableStack()
  const free = [...(await opened(BUYERS_CONNECTIONS, port, from))]
  for (const each of free) undo.use(each)
  const tally = new Tally()
  const waiting: number[] = []
  let pending = 0
  const buy = async (connection: Connection, intendedMs: number): Promise<void> => {
    pending += 1
    const seat = Math.floor(Math.random() * seats)
    await tally.of(
      intendedMs,
      connection.ask(`POST /buy/${seat} HTTP/1.1\r\nhost: bench\r\ncontent-length: 0\r\n\r\n`),
    )
    pending -= 1
    const next = waiting.shift()
    if (next === undefined) free.push(connection)
    else void buy(connection, next)
  }
  let sent = 0
  await beginInTime({ perSecond, seconds }, (intendedMs) => {
    sent += 1
    const connection = free.pop()
    if (connection === undefined) waiting.push(intendedMs)
    else void buy(connection, intendedMs)
  })
  const endMs = monotonicMs() + LATE_MS
  while (pending > 0 && monotonicMs() < endMs) await delay(5)
  return tally.told(sent)
}
