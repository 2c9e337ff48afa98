/**
 * `npm run recipes`: writes examples/recipes/compose.yml, with the images and the settings that Holdfast gives
 * its own containers. A test compares the two.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { EngineKind } from '../../harness/engines/engine.ts'
import { postgres } from '../../harness/engines/postgres/index.ts'
import { containerArguments as postgresArguments } from '../../harness/engines/postgres/settings.ts'
import { redis } from '../../harness/engines/redis/index.ts'
import { containerArguments as redisArguments } from '../../harness/engines/redis/settings.ts'
import { tigerbeetle } from '../../harness/engines/tigerbeetle/index.ts'
import { containerScript } from '../../harness/engines/tigerbeetle/settings.ts'

const FILE = path.resolve(import.meta.dirname, '../../examples/recipes/compose.yml')
/** As many as Redlock wants. */
const REDIS_SERVERS = 5
const REDIS_PORT = 6_379
const TIGERBEETLE_PORT = 3_000

export function composeTold(): string {
  return readFileSync(FILE, 'utf8')
}

const list = (items: readonly string[]): string => `[${items.map((each) => JSON.stringify(each)).join(', ')}]`

async function imageIn(kind: EngineKind): Promise<string> {
  if (kind.container === undefined) throw new Error(`${kind.name} has no image`)
  return await kind.container.image()
}

export async function composeToTell(): Promise<string> {
  const redisImage = await imageIn(redis)
  const ports = Array.from({ length: REDIS_SERVERS }, (_, at) => REDIS_PORT + at)
  const servers = ports.map(
    (port, at) => `  redis-${at + 1}:
    <<: *redis
    ports: ["127.0.0.1:${port}:${REDIS_PORT}"]`,
  )
  return `# The engines as containers on one machine, durable, each with the settings that Holdfast gives its own. Their
# durability is that of the disk beneath. Written by npm run recipes.
#
#   docker compose -f compose.yml up -d --wait
#   export POSTGRES_URL=postgres://holdfast:holdfast@127.0.0.1:5432/holdfast
#   export REDIS_URLS=${ports.map((port) => `redis://127.0.0.1:${port}`).join(',')}
#   export TIGERBEETLE_ADDRESSES=127.0.0.1:${TIGERBEETLE_PORT}
#   npx holdfast doctor --probe && npx holdfast compare
#   docker compose -f compose.yml down --volumes
x-redis: &redis
  image: ${redisImage}
  command: ${list(['redis-server', ...redisArguments('always')])}
  healthcheck: { test: [CMD, redis-cli, ping], interval: 2s, retries: 30 }

services:
  postgres:
    image: ${await imageIn(postgres)}
    command: ${list(['postgres', ...postgresArguments('durable')])}
    environment: { POSTGRES_USER: holdfast, POSTGRES_PASSWORD: holdfast, POSTGRES_DB: holdfast }
    ports: ["127.0.0.1:5432:5432"]
    healthcheck: { test: [CMD, pg_isready, -U, holdfast], interval: 2s, retries: 30 }

${servers.join('\n\n')}

  tigerbeetle:
    image: ${await imageIn(tigerbeetle)}
    entrypoint: ${list(['/bin/sh', '-c', containerScript(TIGERBEETLE_PORT)])}
    ports: ["127.0.0.1:${TIGERBEETLE_PORT}:${TIGERBEETLE_PORT}"]
    # It writes with io_uring, which the usual profile forbids, and locks all of its memory.
    security_opt: [seccomp=unconfined]
    cap_add: [IPC_LOCK]
`
}

if (process.argv[1] === import.meta.filename) writeFileSync(FILE, await composeToTell())
