/**
 * Goal: nobody is admitted twice, nobody who waits is forgotten, and no limit is exceeded, though the store dies and returns, a process
 * dies, or the clock is set. Method: a crowd at the real engines while it happens, every call recorded, and the judge.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { openEngines } from '../../harness/engines/open.ts'
import { judgeRoom } from '../../shop/waiting-room/judge/judge-room.ts'
import { makeRoom } from '../../shop/waiting-room/open-room.ts'
import { GAP_MS, type RoomStore } from '../../shop/waiting-room/queue/room.ts'
import { RoomRecorder } from '../../shop/waiting-room/recorded-room.ts'
import { openRoom, ROOM_ENGINES, type RoomEngine } from '../../shop/waiting-room/stores/room-stores.ts'
import type { Connections } from '../../strategies/registry.ts'
import { FULL, isFull } from '../size.ts'
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

const VISITORS = 60
const LIMITS = { activeMax: 5, perMinute: 0 }
/** Longer than an outage that is too short to be noticed: nobody who is there is passed over. */
const rules = { ...RULES, comeMs: GAP_MS + 3_000 }
const DEADLINE_MS = 50_000
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

/** Two processes that move the room on, and visitors; `strike` happens when a third of them was inside. */
async function crowd(store: RoomStore, strike: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS
  const over = new AbortController()
  const movers = [0, 1].map(async () => {
    while (!over.signal.aborted) {
      await store.move({ kind: 'step' }).catch(() => undefined)
      await delay(40)
    }
  })
  let inside = 0
  const { promise: third, resolve: reached } = Promise.withResolvers<void>()
  const striking = third.then(strike)
  const visitors = Array.from({ length: VISITORS }, async (_, at) => {
    const own = visitor(at)
    const [joined] = await surely(() => store.join([own]), deadline)
    if (joined?.kind !== 'joined') throw new Error(`visitor ${at}: ${joined?.kind}`)
    const { place } = joined
    for (;;) {
      const [view] = await surely(() => store.look([place], true), deadline)
      if (view?.kind === 'ended') return view.why
      if (view?.kind === 'called' && at % ABSENT_EVERY !== 0) {
        const { view: now } = await surely(() => store.move({ kind: 'enter', place }), deadline)
        if (now.kind !== 'inside') continue
        inside += 1
        if (inside === VISITORS / 3) reached()
        await delay(30)
        await surely(() => store.move({ kind: 'leave', place }), deadline)
        return 'left'
      }
      if (performance.now() > deadline) throw new Error(`visitor ${at} is ${view?.kind} at the end`)
      await delay(60)
    }
  })
  try {
    const endings = await Promise.all(visitors)
    await striking
    expect(endings.filter((each) => each === 'left')).toHaveLength(VISITORS - VISITORS / ABSENT_EVERY)
  } finally {
    over.abort()
    await Promise.all(movers)
  }
}

async function roomOn(name: RoomEngine) {
  const engine = engines[name] ?? expect.fail(`no ${name}`)
  const namespace = await engine.openNamespace({ label: 'room', poolSize: 8 })
  const connections = { [name]: namespace.connections } as Connections
  const inner = await openRoom(name, connections, rules, LIMITS)
  const recorder = new RoomRecorder(rules, LIMITS)
  return {
    engine,
    connections,
    inner,
    recorder,
    store: recorder.watch(inner),
    [Symbol.asyncDispose]: () => namespace[Symbol.asyncDispose](),
  }
}

for (const name of ROOM_ENGINES) {
  describe.skipIf(!isFull || lacks([name]))(`a room in ${name}`, FULL, () => {
    test('is as it was when its server was killed and started again', async () => {
      await using room = await roomOn(name)
      const server = room.engine.ownServers?.[0] ?? expect.fail('it is not ours')
      let struck = 0
      await crowd(room.store, async () => {
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
    })

    test('is right while its clock is set', async () => {
      await using room = await roomOn(name)
      await crowd(room.store, async () => {
        for (const byMs of [3_600_000, -7_200_000, 3_600_000]) {
          await stepClock(name, room.connections, byMs)
          await delay(300)
        }
      })
      const verdict = judgeRoom(await room.recorder.history(room.inner))
      expect(verdict.faults).toEqual([])
      expect(verdict.kind).toBe('valid')
      expect(verdict.seen.passedOver).toBeGreaterThan(0)
    })

    test('goes on when a process that serves it is killed', async () => {
      const settings = {
        ...SETTINGS,
        engine: name,
        rules: { ...rules, comeMs: 60_000 },
        limits: { activeMax: 3, perMinute: 0 },
      }
      await using room = await makeRoom(engines, settings, 4)
      const serving = await Promise.all([0, 1].map(() => served(room.job)))
      try {
        const [first, second] = serving
        if (first === undefined || second === undefined) return expect.fail('nobody serves')
        const cookies = await Promise.all(
          Array.from({ length: 12 }, async (_, at) => {
            const answer = await fetch(`${(at % 2 ? first : second).url}/waiting-room/join`, {
              method: 'POST',
              headers: { 'content-type': 'application/json' },
              body: '{}',
            })
            expect(answer.status).toBe(200)
            return answer.headers
              .getSetCookie()
              .map((each) => each.split(';')[0])
              .join('; ')
          }),
        )
        first.child.kill('SIGKILL')
        await once(first.child, 'exit')
        // Whichever process knew them: the other one calls them all, three at a time.
        const admitted = new Set<number>()
        const deadline = performance.now() + DEADLINE_MS
        while (admitted.size < cookies.length && performance.now() < deadline) {
          for (const [at, cookie] of cookies.entries()) {
            if (admitted.has(at)) continue
            const headers = { cookie, 'content-type': 'application/json' }
            const entered = await fetch(`${second.url}/waiting-room/enter`, {
              method: 'POST',
              headers,
              body: '{}',
            })
            await entered.text()
            if (entered.status !== 200) continue
            admitted.add(at)
            const { inside, called } = await room.store.figures()
            expect(inside + called).toBeLessThanOrEqual(3)
            await (
              await fetch(`${second.url}/waiting-room/leave`, { method: 'POST', headers, body: '{}' })
            ).text()
          }
          await delay(20)
        }
        expect(admitted.size).toBe(cookies.length)
        expect(await room.store.figures()).toMatchObject({ admitted: 12, length: 0, called: 0, inside: 0 })
      } finally {
        await Promise.all(serving.map(({ stop }) => stop()))
      }
    })
  })
}

const PROGRAM = new URL('../../shop/waiting-room/bench/bench-process.ts', import.meta.url)

async function served(
  job: unknown,
): Promise<{ readonly url: string; readonly child: ChildProcess; stop(): Promise<void> }> {
  const child = fork(PROGRAM, { serialization: 'advanced' })
  child.send({ kind: 'serve', job } as never)
  const [message] = await once(child, 'message')
  return {
    url: `http://127.0.0.1:${message.port}`,
    child,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}
