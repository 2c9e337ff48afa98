/**
 * How much a waiting room carries, and what a visitor costs.
 *
 *     npm run bench:waiting-room                      15,000 streams in one process; joins at 5,000/s to two
 *     npm run bench:waiting-room -- many              100,000 over seven processes and loopback addresses
 *     npm run bench:waiting-room -- million           a million positions without a connection
 *     npm run bench:waiting-room -- joins on postgres
 *     npm run bench:waiting-room -- queue             joins at 5,000/s in the room itself, without HTTP
 *     npm run bench:waiting-room -- steering          the limit, before a service that is loaded
 *
 * A number is another size: `-- one 2000`, `-- joins 1000`. Everything is on this machine and its loopback
 * addresses: server, visitors and store share its processors.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { monotonicMs } from '../../../harness/clock.ts'
import { machineFacts } from '../../../harness/compare/machine.ts'
import { describeEngines, openEngines } from '../../../harness/engines/open.ts'
import { NEW_SPACE_FLAGS } from '../../../harness/service/workers/new-space.ts'
import { makeRoom, type OwnedRoom } from '../open-room.ts'
import { drawKey, newSeed } from '../queue/draw.ts'
import type { WaitingRoomSettings } from '../settings.ts'
import { ROOM_ENGINES, type RoomEngine } from '../stores/room-stores.ts'
import { WaitingRoom } from '../waiting-room.ts'
import { BenchProcess } from './bench-child.ts'
import { joinsInRoom } from './joins.ts'
import type { JoinFigures } from './messages.ts'
import { steering, steeringEngines } from './steering.ts'

const STREAMS = 15_000
const MANY_PROCESSES = 7
const MANY_STREAMS = 100_000
const MILLION = 1_000_000
const PLACES_AT_ONCE = 1_000
const JOINS_PER_SECOND = 5_000
const JOIN_SECONDS = 10
const WARM_UP_SECONDS = 10
const LOOKS = 2_000
const POOL_SIZE = 8
const KIB = 1_024
/** Long enough for everybody to be there before anyone is called. */
const HOUR_MS = 3_600_000

const SCENES = ['one', 'joins', 'queue', 'many', 'million', 'steering'] as const
type Scene = (typeof SCENES)[number]

function settingsOn(engine: RoomEngine): WaitingRoomSettings {
  return {
    engine,
    rules: {
      order: 'fifo',
      seed: newSeed(),
      opensInMs: HOUR_MS,
      comeMs: 60_000,
      insideMs: 600_000,
      awayMs: 300_000,
      waitingMax: 2 * MILLION,
    },
    limits: { activeMax: 100, perMinute: 0 },
    door: 'queue',
    identity: 'browser',
    workBits: 0,
    secret: newSeed(),
    home: '/',
  }
}

async function benchmark(): Promise<void> {
  const words = process.argv.slice(2)
  const size = words.map(Number).find((each) => Number.isSafeInteger(each) && each > 0)
  const scenes = words.filter((word): word is Scene => SCENES.includes(word as Scene))
  const engine = ROOM_ENGINES.find((name) => words.includes(name)) ?? ROOM_ENGINES.at(-1) ?? ROOM_ENGINES[0]
  const names = [...new Set([engine, ...(scenes.includes('steering') ? steeringEngines() : [])])]
  await using opened = await openEngines(names, {
    durability: 'durable',
    servers: { [engine]: 1 },
    log: print,
  })
  for (const { name, why, remedy } of opened.missing)
    print(`${name}: NOT PROVEN: ${why}. To fix it: ${remedy}`)
  if (opened.missing.length > 0) return
  const { cpu, cores, memoryGib, os, node } = machineFacts()
  print(`machine    ${cpu}, ${cores} cores, ${memoryGib} GiB, ${os}, Node ${node}`)
  for (const line of describeEngines(opened.engines)) print(`engine     ${line}`)
  for (const scene of scenes.length > 0 ? scenes : (['one', 'joins'] as const)) {
    if (scene === 'steering') {
      await steering(opened.engines, settingsOn(engine), print)
      continue
    }
    await using room = await makeRoom(opened.engines, settingsOn(engine), POOL_SIZE)
    if (scene === 'one') await streams(room, 1, size ?? STREAMS)
    if (scene === 'many') await streams(room, MANY_PROCESSES, size ?? MANY_STREAMS)
    if (scene === 'joins') await joins(room, size ?? JOINS_PER_SECOND)
    if (scene === 'queue') await queue(room, size ?? JOINS_PER_SECOND)
    if (scene === 'million') await million(room, size ?? MILLION)
  }
}

async function streams({ job, store }: OwnedRoom, processes: number, count: number): Promise<void> {
  await using undo = new AsyncDisposableStack()
  const bytesBefore = await store.bytes()
  const each = Math.ceil(count / processes)
  const servers: BenchProcess[] = []
  const crowds: BenchProcess[] = []
  let resident = 0
  let open = 0
  let failed = 0
  const startedMs = monotonicMs()
  for (let at = 0; at < processes; at++) {
    const server = undo.use(new BenchProcess())
    const crowd = undo.use(new BenchProcess())
    servers.push(server)
    crowds.push(crowd)
    const { port } = await server.ask({ kind: 'serve', job })
    const before = await server.ask({ kind: 'memory' })
    const from = `127.0.0.${at + 2}`
    const size = Math.min(each, count - at * each)
    const told = await crowd.ask({ kind: 'streams', count: size, job, ports: [port], from })
    const after = await server.ask({ kind: 'memory' })
    open += told.open
    failed += told.failed
    resident += after.residentBytes - before.residentBytes
  }
  const seconds = (monotonicMs() - startedMs) / 1_000
  print(
    `streams    ${open} open in ${processes} serving processes, ${failed} failed, ${seconds.toFixed(0)} s to open`,
  )
  print(`           ${(resident / open / KIB).toFixed(1)} KiB each in the serving processes`)
  const kept = (await store.bytes()) - bytesBefore
  print(`           ${(kept / open / KIB).toFixed(2)} KiB each in the store`)
  const cpuBefore = await cpuOf(servers)
  const listening = crowds.map((crowd) => crowd.ask({ kind: 'told', text: '"stock":"gone"' }))
  await delay(1_000)
  const goneMs = monotonicMs()
  await store.set({ stock: 'gone' })
  const heard = await Promise.all(listening)
  const last = Math.max(...heard.map(({ atMs }) => atMs))
  const missing = heard.reduce((sum, { missing: some }) => sum + some, 0)
  print(`sold out   all told ${(last - goneMs).toFixed(0)} ms after it, ${missing} not told`)
  print(
    `           ${((await cpuOf(servers)) - cpuBefore).toFixed(0)} ms of processor time of the serving processes`,
  )
}

async function cpuOf(servers: readonly BenchProcess[]): Promise<number> {
  let ms = 0
  for (const server of servers) ms += (await server.ask({ kind: 'cpu' })).ms
  return ms
}

async function joins({ job }: OwnedRoom, perSecond: number): Promise<void> {
  await using one = new BenchProcess(NEW_SPACE_FLAGS)
  await using other = new BenchProcess(NEW_SPACE_FLAGS)
  await using crowd = new BenchProcess()
  const [{ port }, { port: otherPort }] = await Promise.all([
    one.ask({ kind: 'serve', job }),
    other.ask({ kind: 'serve', job }),
  ])
  const order = { kind: 'joins', ports: [port, otherPort], from: '127.0.0.2', perSecond } as const
  await crowd.ask({ ...order, seconds: WARM_UP_SECONDS })
  const cpuBefore = await cpuOf([one, other])
  const { figures } = await crowd.ask({ ...order, seconds: JOIN_SECONDS })
  const cpuMs = (await cpuOf([one, other])) - cpuBefore
  printJoins(`over HTTP to two processes, at ${perSecond}/s`, figures)
  print(
    `           ${((cpuMs * 1_000) / figures.joined).toFixed(0)} µs of processor time of the serving processes for each`,
  )
}

/** In this process alone. */
async function queue({ job, store }: OwnedRoom, perSecond: number): Promise<void> {
  await using room = await WaitingRoom.open({ store, settings: job.settings, warn: () => undefined })
  await joinsInRoom(room, { perSecond, seconds: WARM_UP_SECONDS })
  printJoins(`in the room, at ${perSecond}/s`, await joinsInRoom(room, { perSecond, seconds: JOIN_SECONDS }))
}

function printJoins(how: string, { sent, joined, p50, p99, max }: JoinFigures): void {
  const ms = (value: number): string => `${value.toFixed(1)} ms`
  print(`joins      ${sent} ${how}: ${joined} joined, p50 ${ms(p50)}, p99 ${ms(p99)}, max ${ms(max)}`)
}

/** Positions are read by random places, while the room is as long as it gets. */
async function million({ job, store }: OwnedRoom, count: number): Promise<void> {
  const bytesBefore = await store.bytes()
  const startedMs = monotonicMs()
  const idOf = (at: number): string => at.toString(16).padStart(32, '0')
  const { seed } = job.settings.rules
  for (let from = 0; from < count; from += PLACES_AT_ONCE) {
    await store.join(
      Array.from({ length: PLACES_AT_ONCE }, (_, at) => {
        const place = idOf(from + at)
        return { place, identity: place, binding: place, draw: drawKey(seed, place) }
      }),
    )
  }
  const seconds = (monotonicMs() - startedMs) / 1_000
  const kept = (await store.bytes()) - bytesBefore
  const { length } = await store.figures()
  print(
    `positions  ${length} in ${seconds.toFixed(0)} s, ${(kept / count / KIB).toFixed(2)} KiB each in the store`,
  )
  const looks: number[] = []
  for (let at = 0; at < LOOKS; at++) {
    const askedMs = monotonicMs()
    await store.look([idOf(Math.floor(Math.random() * count))], false)
    await store.figures()
    looks.push(monotonicMs() - askedMs)
  }
  looks.sort((a, b) => a - b)
  print(
    `           a position: p50 ${(looks[LOOKS / 2] ?? 0).toFixed(2)} ms, p99 ${(looks[Math.floor(LOOKS * 0.99)] ?? 0).toFixed(2)} ms`,
  )
  await store.set({ opened: true })
  const movedMs = monotonicMs()
  const { called } = await store.move({ kind: 'step' })
  print(`           a move that calls ${called.length}: ${(monotonicMs() - movedMs).toFixed(1)} ms`)
}

function print(line: string): void {
  console.log(line)
}

await benchmark()
