/**
 * Goal: nobody is admitted twice, nobody who waits is forgotten, and no limit is exceeded, though the store dies and returns, a process
 * dies, or the clock is set. Method: a crowd at the real engines while it happens, every call recorded, and the judge.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { whyNoSteppedClock } from '../../harness/engines/local/stepped-clock.ts'
import { openEngines } from '../../harness/engines/open.ts'
import { judgeRoom } from '../../shop/waiting-room/judge/judge-room.ts'
import type { RoomRecord } from '../../shop/waiting-room/judge/records.ts'
import { makeRoom, type RoomJob } from '../../shop/waiting-room/open-room.ts'
import {
  GAP_MS,
  type RoomLimits,
  type RoomRules,
  type RoomStore,
} from '../../shop/waiting-room/queue/room.ts'
import { RoomRecorder } from '../../shop/waiting-room/recorded-room.ts'
import { openRoom, ROOM_ENGINES, type RoomEngine } from '../../shop/waiting-room/stores/room-stores.ts'
import type { Connections } from '../../strategies/registry.ts'
import { FULL, isFull, sampled } from '../size.ts'
import { withEngines } from '../with-engines.ts'
import { RULES, SETTINGS, visitor } from './rooms.ts'
import { stepClock } from './step-clock.ts'

/** These tests end servers: never one that somebody else has named. */
const { POSTGRES_URL: _postgres, REDIS_URL: _redis, REDIS_URLS: _redises, ...env } = process.env
const { lacks } = await withEngines(isFull ? [...ROOM_ENGINES] : [], env)
/** Servers of this file, which keep what they acknowledged when they are killed. */
const opened = isFull
  ? await openEngines([...ROOM_ENGINES], { durability: 'durable', servers: { redis: 1 }, env })
  : undefined
const engines = opened?.engines ?? {}
afterAll(() => opened?.[Symbol.asyncDispose]())

/** Longer than an outage that is too short to be noticed: nobody who is there is passed over. */
const rules = { ...RULES, comeMs: GAP_MS + 3_000 }
const DEADLINE_MS = 110_000
const HOUR_MS = 3_600_000

interface Crowd {
  readonly visitors: number
  readonly rules: RoomRules
  readonly limits: RoomLimits
}

const USUAL: Crowd = { visitors: 60, rules, limits: { activeMax: 5, perMinute: 0 } }
const CROWDS: readonly (readonly [string, Crowd])[] = [
  ['in order of arrival', USUAL],
  // More come than may enter in a minute.
  ['with a limit for each minute', { visitors: 30, rules, limits: { activeMax: 5, perMinute: 20 } }],
  ['drawn by lot', { ...USUAL, rules: { ...rules, order: 'lottery', opensInMs: HOUR_MS } }],
]
/** Everybody but these comes when called. */
const ABSENT_EVERY = 10

/** Repeats what is not answered: every call of a visitor may be sent again. */
async function surely<T>(ask: () => Promise<T>, deadline: number): Promise<T> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await delay(50)
    }
  }
}

/**
 * Two processes that move the room on, and visitors; `strike` happens when a third of them was inside. A lottery is drawn when all
 * have joined.
 */
async function crowd(
  store: RoomStore,
  { visitors, rules: own }: Crowd,
  strike: () => Promise<void>,
): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS
  const over = new AbortController()
  const movers = [0, 1].map(async () => {
    while (!over.signal.aborted) {
      await store.move({ kind: 'step' }).catch(() => undefined)
      await delay(40)
    }
  })
  let inside = 0
  let joins = 0
  const { promise: third, resolve: reached } = Promise.withResolvers<void>()
  const striking = third.then(strike)
  const stories = Array.from({ length: visitors }, async (_, at) => {
    const [joined] = await surely(() => store.join([visitor(at)]), deadline)
    if (joined?.kind !== 'joined') throw new Error(`visitor ${at}: ${joined?.kind}`)
    const { place } = joined
    joins += 1
    if (joins === visitors && own.order === 'lottery')
      await surely(() => store.set({ opened: true }), deadline)
    for (;;) {
      const [view] = await surely(() => store.look([place], true), deadline)
      if (view?.kind === 'ended') return view.why
      if (view?.kind === 'called' && at % ABSENT_EVERY !== 0) {
        const { view: now } = await surely(() => store.move({ kind: 'enter', place }), deadline)
        if (now.kind !== 'inside') continue
        inside += 1
        if (inside === Math.floor(visitors / 3)) reached()
        await delay(30)
        await surely(() => store.move({ kind: 'leave', place }), deadline)
        return 'left'
      }
      if (performance.now() > deadline) throw new Error(`visitor ${at} is ${view?.kind} at the end`)
      await delay(60)
    }
  })
  try {
    const endings = await Promise.all(stories)
    await striking
    expect(endings.filter((each) => each === 'left')).toHaveLength(visitors - visitors / ABSENT_EVERY)
  } finally {
    over.abort()
    await Promise.all(movers)
  }
}

async function roomOn(name: RoomEngine, { rules: own, limits }: Crowd) {
  const engine = engines[name] ?? expect.fail(`no ${name}`)
  const namespace = await engine.openNamespace({ label: 'room', poolSize: 8 })
  const connections = { [name]: namespace.connections } as Connections
  const inner = await openRoom(name, connections, own, limits)
  const recorder = new RoomRecorder(own, limits)
  return {
    engine,
    connections,
    inner,
    recorder,
    store: recorder.watch(inner),
    [Symbol.asyncDispose]: () => namespace[Symbol.asyncDispose](),
  }
}

for (const [row, name] of ROOM_ENGINES.entries()) {
  describe.skipIf(!isFull || lacks([name]))(`a room in ${name}`, FULL, () => {
    for (const [column, [what, own]] of CROWDS.entries())
      test(
        `${what} is as it was when its server was killed and started again`,
        sampled(row, column, 2),
        async () => {
          await using room = await roomOn(name, own)
          const server = room.engine.ownServers?.[0] ?? expect.fail('it is not ours')
          let struck = 0
          await crowd(room.store, own, async () => {
            await server.kill()
            await delay(500)
            await server.start()
            struck += 1
          })
          const verdict = judgeRoom(await room.recorder.history(room.inner))
          expect(verdict.faults).toEqual([])
          expect(verdict.kind).toBe('valid')
          expect(struck).toBe(1)
          expect(verdict.seen.unknown, 'the strike met calls').toBeGreaterThan(0)
          if (own.limits.perMinute > 0) expect(verdict.seen.entries).toBeGreaterThan(own.limits.perMinute)
        },
      )

    test('is right while its clock is set', async () => {
      await using room = await roomOn(name, USUAL)
      const clock = whyNoSteppedClock(env) === undefined ? room.engine.ownServers?.[0]?.clock : undefined
      await using _stepped = await clock?.put()
      let wrongMs = 0
      await crowd(room.store, USUAL, async () => {
        for (const byMs of [HOUR_MS, -2 * HOUR_MS, HOUR_MS]) {
          wrongMs += byMs
          // Where no library can stand before the server's clock, what the room has kept is moved instead.
          await (clock === undefined ? stepClock(name, room.connections, byMs) : clock.step(wrongMs))
          await delay(300)
        }
      })
      const verdict = judgeRoom(await room.recorder.history(room.inner))
      expect(verdict.faults).toEqual([])
      expect(verdict.kind).toBe('valid')
      expect(verdict.seen.passedOver).toBeGreaterThan(0)
    })

    test('goes on when a process that serves it is killed', async () => {
      const limits = { activeMax: 3, perMinute: 0 }
      const settings = { ...SETTINGS, engine: name, rules: { ...rules, comeMs: 60_000 }, limits }
      await using room = await makeRoom(engines, settings, 4)
      const recorder = new RoomRecorder(settings.rules, limits)
      const serving = await Promise.all([0, 1].map(() => served(room.job, recorder)))
      try {
        const [first, second] = serving
        if (first === undefined || second === undefined) return expect.fail('nobody serves')
        const cookies = await Promise.all(
          Array.from({ length: 12 }, (_, at) => joinedAt((at % 2 ? first : second).url)),
        )
        // What it was about to do may be done, and nobody will tell.
        recorder.add({ kind: 'unknown', of: 'move', invokedUs: 0, returnedUs: Number.POSITIVE_INFINITY })
        first.child.kill('SIGKILL')
        await once(first.child, 'exit')
        // Whichever process knew them: the other one calls them all, three at a time.
        await allComeIn(second.url, cookies)
        const verdict = judgeRoom(await recorder.history(room.store))
        expect(verdict.faults).toEqual([])
        expect(verdict).toMatchObject({ kind: 'valid', inversions: 0, seen: { joins: 12, entries: 12 } })
        expect(await room.store.figures()).toMatchObject({ admitted: 12, length: 0, called: 0, inside: 0 })
      } finally {
        await Promise.all(serving.map(({ stop }) => stop()))
      }
    })
  })
}

const JSON_TYPE = { 'content-type': 'application/json' } as const

/** The cookies of a visitor who has joined. */
async function joinedAt(url: string): Promise<string> {
  const answer = await fetch(`${url}/waiting-room/join`, { method: 'POST', headers: JSON_TYPE, body: '{}' })
  expect(answer.status).toBe(200)
  await answer.text()
  const cookies = answer.headers.getSetCookie().map((each) => each.split(';')[0])
  return cookies.join('; ')
}

/** Each goes in as soon as it is called, and leaves. */
async function allComeIn(url: string, cookies: readonly string[]): Promise<void> {
  const waiting = new Set(cookies)
  const deadline = performance.now() + DEADLINE_MS
  const ask = async (what: string, cookie: string): Promise<number> => {
    const headers = { cookie, ...JSON_TYPE }
    const answer = await fetch(`${url}/waiting-room/${what}`, { method: 'POST', headers, body: '{}' })
    await answer.text()
    return answer.status
  }
  while (waiting.size > 0 && performance.now() < deadline) {
    for (const cookie of [...waiting]) {
      if ((await ask('enter', cookie)) !== 200) continue
      waiting.delete(cookie)
      await ask('leave', cookie)
    }
    await delay(20)
  }
  expect(waiting.size).toBe(0)
}

const PROGRAM = new URL('./recorded-process.ts', import.meta.url)

interface Serving {
  readonly url: string
  readonly child: ChildProcess
  stop(): Promise<void>
}

async function served(job: RoomJob, recorder: RoomRecorder): Promise<Serving> {
  const child = fork(PROGRAM, { serialization: 'advanced' })
  const { promise: listens, resolve } = Promise.withResolvers<string>()
  child.on('message', (told: { readonly url: string } | { readonly record: RoomRecord }) => {
    if ('record' in told) recorder.add(told.record)
    else resolve(told.url)
  })
  child.send(job as never)
  return {
    url: await listens,
    child,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}
