/** PostgreSQL: everything that the harness asks of it begins here. */
import type { EngineKind } from '../engine.ts'

export const postgres: EngineKind = {
  name: 'postgres',
  title: 'PostgreSQL',
  example: 'export POSTGRES_URL=postgres://user:password@host:5432/database',
  isBundled: true,
  injectableEvents: ['time-passes', 'wait-times-out'],
  // Without synchronous_commit, a commit is acknowledged while it is still in the memory of the server.
  killLoses: (durability) => (durability === 'durable' ? 'nothing' : 'recent'),
  // With the end of a text in the protocol: "read committed" is no commit.
  commitText: 'commit\0',
  pools: true,
  follows: true,
  journals: true,
  clockSteps: true,
  legibleWith: { POSTGRES_PREPARED: 'off' },
  container: {
    image: async () => 'postgres:18.4',
    start: async (start) => await (await import('./container.ts')).start(start),
    variables: ([address]) => ({ POSTGRES_URL: address }),
  },
  async readAddresses(env) {
    const { shardsIn } = await import('./shards/addresses.ts')
    const address = env.POSTGRES_URL?.trim()
    if (shardsIn(env) !== undefined || !address) return
    const { hostsOf } = await import('./hosts.ts')
    const { parsePostgresUrl } = await import('./url.ts')
    for (const host of hostsOf(address)) parsePostgresUrl(host)
  },
  async open(options) {
    const { shardsIn } = await import('./shards/addresses.ts')
    const { ownShardsIn } = await import('./shards/own.ts')
    const [urls, count] = [shardsIn(options.env), ownShardsIn(options.env)]
    if (urls !== undefined) return await (await import('./shards/open.ts')).openShards(urls, options)
    if (count !== undefined) return await (await import('./shards/open.ts')).openOwnShards(count, options)
    return await (await import('./open.ts')).openPostgres(options)
  },
  async attach(attachment) {
    const { attachToShards, isShardedAttachment } = await import('./shards/namespace.ts')
    if (isShardedAttachment(attachment)) return await attachToShards(attachment)
    return await (await import('./attach.ts')).attach(attachment)
  },
}
