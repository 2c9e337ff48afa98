/** A waiting room's state in Redis: one script per operation (redis-scripts.ts). */
import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import type {
  Called,
  Door,
  Ending,
  PlaceView,
  RoomFigures,
  RoomLimits,
  RoomOrder,
  RoomRules,
  RoomSetting,
  RoomStore,
  Stock,
} from '../queue/room.ts'
import { type JoinWords, joinAnswer } from './join-words.ts'
import { CREATE, FIGURES, INSIDE, JOIN, LOOK, MOVE, SET, STEER } from './redis-scripts.ts'

/** One hash tag: on a cluster a room is on one node. */
const ROOM = '{room}'
const SET_NAMES: Readonly<Record<keyof RoomSetting, string>> = {
  activeMax: 'active_max',
  perMinute: 'per_minute',
  door: 'door',
  stock: 'stock',
  opened: 'opened',
  targetMs: 'target_ms',
}

type Arguments = readonly (string | number)[]
type RedisCall = (args: Arguments) => Promise<unknown>

/** The full text is sent only to a server that does not know it: NOSCRIPT means that nothing was done. */
function scriptOn(client: Redis, lua: string): RedisCall {
  const sha = createHash('sha1').update(lua).digest('hex')
  return async (args) => {
    try {
      return await client.evalsha(sha, 1, ROOM, ...args)
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return await client.eval(lua, 1, ROOM, ...args)
    }
  }
}

/** Makes the room, or finds the one that another process has made, with the rules of that one. */
export async function redisRoom(client: Redis, rules: RoomRules, limits: RoomLimits): Promise<RoomStore> {
  const call = (lua: string): RedisCall => scriptOn(client, lua)
  const [join, move, look, inside] = [call(JOIN), call(MOVE), call(LOOK), call(INSIDE)]
  const [figures, set, steer] = [call(FIGURES), call(SET), call(STEER)]
  const { order, comeMs, insideMs, awayMs, waitingMax, opensInMs } = rules
  const { activeMax, perMinute } = limits
  const made = [order, comeMs, insideMs, awayMs, waitingMax, opensInMs, rules.seed, activeMax, perMinute]
  const seed = String(await call(CREATE)(made))

  const store: RoomStore = {
    async join(joinings) {
      const args = joinings.flatMap(({ place, identity, binding, draw }) => [place, identity, binding, draw])
      return ((await join(args)) as readonly JoinWords[]).map(joinAnswer)
    },
    async move(asked) {
      const place = asked.kind === 'step' ? '' : asked.place
      const [called, ended] = (await move([asked.kind, place])) as [
        readonly (readonly [string, string])[],
        readonly (readonly [string, Ending])[],
      ]
      const [view] = asked.kind === 'step' ? [] : await store.look([place], false)
      return {
        called: called.map(([id, number]) => ({ place: id, number: Number(number) })),
        ended: ended.map(([id, why]) => ({ place: id, why })),
        view: view ?? { kind: 'unknown' },
      }
    },
    async look(places, isSeen) {
      const told = await look([isSeen ? 1 : 0, ...places])
      return (told as readonly (readonly [string, string, Ending, string])[]).map(viewOf)
    },
    async insideMs(place) {
      const leftMs = Number(await inside([place]))
      if (leftMs >= 0) return leftMs
      await move(['step', ''])
      return Math.max(0, Number(await inside([place])))
    },
    figures: async () => figuresOf(await figures([])),
    bytes: async () => Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1] ?? 0),
    seed: async () => seed,
    async set(setting) {
      const pairs = Object.entries(setting).flatMap(([name, value]) => [
        SET_NAMES[name as keyof RoomSetting],
        String(value),
      ])
      if (pairs.length > 0) await set(pairs)
    },
    steer: async ({ from, to, periodMs }) => (await steer([from, to, periodMs])) === 1,
    async drawn(from, limit) {
      const { isOpen, entrants } = await store.figures()
      if (!isOpen || entrants > 0) return { seed: '', places: [] }
      const told = await client.zrangebyscore(
        `${ROOM}:lottery`,
        from,
        '+inf',
        'WITHSCORES',
        'LIMIT',
        0,
        limit,
      )
      const places: Called[] = []
      for (let at = 0; at < told.length; at += 2)
        places.push({ place: told[at] ?? '', number: Number(told[at + 1]) })
      return { seed, places }
    },
  }
  return store
}

function viewOf([state, number, why, leftMs]: readonly [string, string, Ending, string]): PlaceView {
  switch (state) {
    case 'entrant':
    case 'unknown':
      return { kind: state }
    case 'waiting':
      return { kind: state, number: Number(number) }
    case 'called':
    case 'inside':
      return { kind: state, number: Number(number), leftMs: Number(leftMs) }
    case 'ended':
      return { kind: state, why }
    default:
      throw new Error(`a place is ${state}`)
  }
}

function figuresOf(told: unknown): RoomFigures {
  const [words, nowMs, length, entrants, called, inside] = told as [readonly string[], string, ...number[]]
  const state: Record<string, string> = {}
  for (let at = 0; at < words.length; at += 2) state[words[at] ?? ''] = words[at + 1] ?? ''
  const number = (name: string): number => Number(state[name])
  return {
    order: state.order as RoomOrder,
    door: state.door as Door,
    stock: state.stock as Stock,
    isOpen: state.opened === '1',
    opensInMs: Math.max(0, number('opens_at') - Number(nowMs)),
    activeMax: number('active_max'),
    activeMost: number('active_most'),
    targetMs: number('target_ms'),
    perMinute: number('per_minute'),
    calledNumber: number('called_number'),
    drawnNumber: number('drawn_number'),
    length: length ?? 0,
    entrants: entrants ?? 0,
    called: called ?? 0,
    inside: inside ?? 0,
    joined: number('joined'),
    admitted: number('admitted'),
    ended: {
      left: number('left'),
      'passed-over': number('passed-over'),
      'ran-out': number('ran-out'),
      away: number('away'),
    },
  }
}
