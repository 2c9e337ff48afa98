/** Raw reads of the keys under one prefix. */
import type { Redis } from 'ioredis'
import type { RedisStore } from '../../stores.ts'

/** How many keys one step lists or reads: bounds the data in flight. */
const STEP_KEYS = 1_000

/** The node on which holds are kept: the first. Locks are on all of them. */
export interface HoldNode {
  readonly client: Redis
  readonly prefix: string
}

export function nodeOf({ observers: [client], prefix }: RedisStore): HoldNode {
  return { client, prefix }
}

/** Every key of a hold or a resource begins with it. */
export const VENUE = '{venue}'

export function isOfVenue(key: string): boolean {
  return key.startsWith(VENUE)
}

/** The names of keys of one kind, without their common prefix. */
export function named<Name extends string>(keys: readonly string[], kind: string): readonly Name[] {
  const start = `${VENUE}:${kind}:`
  return keys.flatMap((key) => (key.startsWith(start) ? [key.slice(start.length) as Name] : []))
}

export function keyOf({ prefix }: HoldNode, kind: string, name: string): string {
  return `${prefix}${VENUE}:${kind}:${name}`
}

/** Without the prefix. */
export async function keysOf({ client, prefix }: HoldNode): Promise<readonly string[]> {
  const pattern = `${prefix.replaceAll(/[[\]*?\\]/g, String.raw`\$&`)}*`
  const keys = new Set<string>()
  let cursor = '0'
  do {
    const [next, found] = await client.scan(cursor, 'MATCH', pattern, 'COUNT', STEP_KEYS)
    for (const key of found) keys.add(key.slice(prefix.length))
    cursor = next
  } while (cursor !== '0')
  return [...keys]
}

/** Milliseconds since the epoch. */
export async function nowOf(client: Redis): Promise<number> {
  const [seconds, microseconds] = await client.time()
  return Number(seconds) * 1_000 + Number(microseconds) / 1_000
}

export async function readEach<Name>(
  { client }: HoldNode,
  names: readonly Name[],
  read: (pipeline: ReturnType<Redis['pipeline']>, name: Name) => unknown,
): Promise<readonly unknown[]> {
  const values: unknown[] = []
  for (let from = 0; from < names.length; from += STEP_KEYS) {
    const pipeline = client.pipeline()
    for (const name of names.slice(from, from + STEP_KEYS)) read(pipeline, name)
    for (const [error, value] of (await pipeline.exec()) ?? []) {
      if (error !== null) throw error
      values.push(value)
    }
  }
  return values
}
