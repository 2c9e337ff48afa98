/** Keys of one schedule with their values and when they expire, node by node. */
import type { Redis } from 'ioredis'
import type { EngineView, ViewedRow, ViewedTable } from '../engine-view.ts'
import { hasMark } from '../wording.ts'
import type { PerNode } from './connection.ts'
import type { MovedClock } from './moved-clock.ts'

interface ViewedNodes {
  readonly prefix: string
  readonly observers: PerNode<Redis>
  readonly clock: MovedClock
}

export async function viewOf({ prefix, observers, clock }: ViewedNodes, mark: string): Promise<EngineView> {
  const [seconds, microseconds] = await observers[0].time()
  const nowMs = Number(seconds) * 1_000 + Number(microseconds) / 1_000 + clock.movedBySeconds * 1_000
  const isOurs = (text: string) => new RegExp(`${mark}(?!\\d)`).test(text)
  const tables = await Promise.all(
    observers.map(async (node, at): Promise<ViewedTable> => {
      const keys = (await node.keys(`${prefix}*`)).toSorted()
      const rows = await Promise.all(
        keys.map(async (key) => {
          const name = key.slice(prefix.length)
          if (isOurs(name)) return await keyRows(node, key, { name, nowMs, isOurs: () => true })
          // Schedules share what has no mark in its name: its members have.
          return hasMark(name) ? [] : await keyRows(node, key, { name, nowMs, isOurs })
        }),
      )
      return { name: observers.length === 1 ? 'keys' : `node ${at + 1}`, rows: rows.flat() }
    }),
  )
  return { tables, locks: [], inTransaction: [], nowMs }
}

interface KeyOrder {
  readonly name: string
  readonly nowMs: number
  /** Whether a member of it is shown. */
  isOurs(text: string): boolean
}

/** A row for the key, or for each member of what has many. */
async function keyRows(
  node: Redis,
  key: string,
  { name, nowMs, isOurs }: KeyOrder,
): Promise<readonly ViewedRow[]> {
  const [kind, leftMs] = await Promise.all([node.type(key), node.pttl(key)])
  const expires = leftMs > 0 ? { expires: `at ${Math.floor(nowMs + leftMs)}` } : {}
  const row = (member: string, value: string, token?: string, ends = expires): ViewedRow => ({
    cells: { key: name, ...(member !== '' && { member }), value, ...ends },
    lockedBy: [],
    wantedBy: [],
    ...(token !== undefined && { token }),
  })
  switch (kind) {
    case 'string': {
      const value = await node.get(key)
      return value === null || !isOurs(name + value) ? [] : [row('', value, value)]
    }
    case 'hash': {
      const fields = Object.entries(await node.hgetall(key))
        .filter(([field, value]) => isOurs(name + field + value))
        .toSorted()
      const left = await leftOf(
        node,
        key,
        fields.map(([field]) => field),
      )
      return fields.map(([field, value], at) => {
        const fieldMs = left[at] ?? -1
        return row(
          field,
          value,
          undefined,
          fieldMs > 0 ? { expires: `at ${Math.floor(nowMs + fieldMs)}` } : expires,
        )
      })
    }
    case 'zset': {
      const told = await node.zrange(key, 0, '-1', 'WITHSCORES')
      return told.flatMap((member, at) =>
        at % 2 === 0 && isOurs(name + member) ? row(member, told[at + 1] ?? '') : [],
      )
    }
    case 'set':
      return (await node.smembers(key))
        .toSorted()
        .flatMap((member) => (isOurs(name + member) ? row(member, '') : []))
    default:
      return []
  }
}

/** Milliseconds until each field expires; nothing on a server whose fields cannot. */
async function leftOf(node: Redis, key: string, fields: readonly string[]): Promise<readonly number[]> {
  if (fields.length === 0) return []
  const told = await node.call('HPTTL', key, 'FIELDS', fields.length, ...fields).catch(() => [])
  return Array.isArray(told) ? told.map(Number) : []
}
