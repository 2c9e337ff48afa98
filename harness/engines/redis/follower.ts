/** A Redis server that follows another one, and takes its place when that is gone. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { monotonicMs } from '../../clock.ts'
import type { Address } from '../../network/conditions.ts'
import type { Follower } from '../engine.ts'
import { ADMIN_COMMAND_DEADLINE_MS, closeClient, openClient, type RedisTarget } from './connection.ts'
import { parseInfo } from './settings.ts'

/** To copy everything, and to have repeated what was done meanwhile. */
const IN_STEP_MS_MAX = 15_000
const POLL_MS = 10

interface FollowedServer {
  readonly target: RedisTarget
  start(): Promise<void>
}

/** Both are servers of this run; `from` leads to the first. */
export async function following(
  { server, copy }: { readonly server: FollowedServer; readonly copy: FollowedServer },
  from: Address,
): Promise<Pick<Follower, 'address' | 'promote' | 'handBack'>> {
  await on(copy, (client) => follow(client, server, from))
  return {
    address: addressOf(copy),
    promote: () => on(copy, promoted),
    async handBack() {
      await server.start()
      await on(server, async (client) => {
        await follow(client, copy, addressOf(copy))
        await promoted(client)
      })
    },
  }
}

function addressOf({ target: { host, port } }: FollowedServer): Extract<Address, { readonly port: number }> {
  return { host, port }
}

/** Whatever it had is gone: it has the data of the other one when this settles. */
async function follow(client: Redis, leader: FollowedServer, by: Address): Promise<void> {
  if (!('port' in by)) throw new Error('a server is followed by its port')
  await client.config('SET', 'masterauth', leader.target.password ?? '')
  await client.replicaof(by.host, by.port)
  const endMs = monotonicMs() + IN_STEP_MS_MAX
  for (;;) {
    const facts = parseInfo(await client.info('replication'))
    if (facts.master_link_status === 'up' && facts.master_sync_in_progress === '0') return
    if (monotonicMs() > endMs) throw new Error(`a follower was not in step within ${IN_STEP_MS_MAX} ms`)
    await delay(POLL_MS)
  }
}

async function promoted(client: Redis): Promise<void> {
  await client.replicaof('NO', 'ONE')
}

async function on(server: FollowedServer, step: (client: Redis) => Promise<void>): Promise<void> {
  const session = { name: 'holdfast-followers', commandDeadlineMs: ADMIN_COMMAND_DEADLINE_MS }
  const client = await openClient(server.target, session)
  try {
    await step(client)
  } finally {
    await closeClient(client)
  }
}
