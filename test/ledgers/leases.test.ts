/**
 * Goal: a lease is released by one command where the server knows it, and by a script where it does not; never
 * a lease of another. Method: both ways on a real server, one of them behind a client that refuses the command.
 */
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RedisNamespace } from '../../harness/engines/redis/namespace.ts'
import { leaseReleaser } from '../../strategies/ledgers/writing/redis/leases.ts'
import { withEngines } from '../with-engines.ts'

const opened = await withEngines(['redis'])

describe.skipIf(opened.lacks(['redis']))('a lease', () => {
  let space: RedisNamespace
  beforeAll(async () => {
    const engine = opened.engines.redis ?? expect.fail('there is no Redis')
    space = await engine.openNamespace({ label: 'leases' })
  })
  afterAll(async () => {
    await space[Symbol.asyncDispose]()
  })

  /** Refuses DELIFEQ so, and counts how often it was sent. */
  function refusing(message: string): { readonly client: Redis; readonly sent: string[] } {
    const sent: string[] = []
    const client = new Proxy(space.clients[0], {
      get: (target, name, receiver) =>
        name === 'call'
          ? async (command: string) => {
              sent.push(command)
              throw new Error(message)
            }
          : Reflect.get(target, name, receiver),
    })
    return { client, sent }
  }

  async function releasesOnlyItsOwn(client: Redis): Promise<void> {
    const release = leaseReleaser(client)
    const [own] = space.clients
    await own.set('lease:seat', 'bob')
    expect(await release('lease:seat', 'alice')).toBe(0)
    expect(await own.get('lease:seat')).toBe('bob')
    expect(await release('lease:seat', 'bob')).toBe(1)
    expect(await own.get('lease:seat')).toBeNull()
  }

  test('is released with its token alone', () => releasesOnlyItsOwn(space.clients[0]))

  test.for([
    "ERR unknown command 'DELIFEQ', with args beginning with: 'lease:seat' 'alice'",
    "NOPERM User app has no permissions to run the 'delifeq' command",
  ])('is released by a script after %s, and the command is not sent again', async (message) => {
    const { client, sent } = refusing(message)
    await releasesOnlyItsOwn(client)
    expect(sent).toEqual(['DELIFEQ'])
  })

  test('whose release failed for another reason is not tried again by a script', async () => {
    const { client } = refusing('Command timed out')
    await space.clients[0].set('lease:other', 'alice')
    await expect(leaseReleaser(client)('lease:other', 'alice')).rejects.toThrow('Command timed out')
    expect(await space.clients[0].get('lease:other')).toBe('alice')
  })
})
