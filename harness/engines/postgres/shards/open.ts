/** Several servers as one engine, at POSTGRES_URLS or of this run: an event lives on one of them. */
import type { ProbeFindings } from '../../ability.ts'
import type { Engine, OpenOptions } from '../../engine.ts'
import { EngineError } from '../../engine-error.ts'
import { OpenNamespaces } from '../../open-namespaces.ts'
import { openPostgres, type PostgresEngine } from '../open.ts'
import { sameServer } from './addresses.ts'
import { createShardedNamespace, type ShardedNamespace } from './namespace.ts'
import { type ProbedServer, worstOf } from './probe.ts'
import { startedAt } from './started-at.ts'

/** Throws an `EngineError`, with the number of the address, if one of them cannot be used. */
export async function openShards(urls: readonly string[], options: OpenOptions): Promise<Engine> {
  await using undo = new AsyncDisposableStack()
  const shards: PostgresEngine[] = []
  for (const [at, url] of urls.entries()) {
    const env = { ...options.env, POSTGRES_URLS: '', POSTGRES_URL: url }
    shards.push(undo.use(await openPostgres({ ...options, env }).catch((error) => ofAddress(at, error))))
  }
  const started = await Promise.all(shards.map((shard) => startedAt(shard.connectionString())))
  const twice = started.findIndex((each, at) => started.indexOf(each) !== at)
  if (twice >= 0) throw sameServer(started.indexOf(started[twice] ?? ''), twice)
  return engineOf(shards, undo, { source: 'POSTGRES_URLS', variable: 'POSTGRES_URLS', remedy: ONE_ADDRESS })
}

const ONE_ADDRESS = 'name one server in POSTGRES_URL instead of POSTGRES_URLS'

/** Starts so many servers for this run. */
export async function openOwnShards(count: number, options: OpenOptions): Promise<Engine> {
  await using undo = new AsyncDisposableStack()
  const shards: PostgresEngine[] = []
  const env = { ...options.env, HOLDFAST_POSTGRES: '' }
  for (let at = 0; at < count; at++) shards.push(undo.use(await openPostgres({ ...options, env })))
  return engineOf(shards, undo, {
    source: 'embedded',
    variable: 'HOLDFAST_POSTGRES',
    remedy: 'unset HOLDFAST_POSTGRES, to have one server',
  })
}

function ofAddress(at: number, error: unknown): never {
  if (!(error instanceof EngineError)) throw error
  const { engine, problem, message, remedy } = error
  throw new EngineError({
    engine,
    problem,
    message: `Address ${at + 1} of POSTGRES_URLS: ${message.replaceAll('POSTGRES_URL ', 'it ')}`,
    remedy: remedy.replaceAll(/POSTGRES_URL(?!S)/g, 'POSTGRES_URLS'),
  })
}

function engineOf(
  shards: readonly PostgresEngine[],
  undo: AsyncDisposableStack,
  {
    source,
    variable,
    remedy,
  }: { readonly source: string; readonly variable: string; readonly remedy: string },
): Engine {
  const namespaces = undo.use(new OpenNamespaces<ShardedNamespace>(false))
  const owned = undo.move()
  const many = `${shards.length} servers`
  return {
    name: 'postgres',
    version: joined(shards.map(({ version }) => version)),
    source,
    durability: {
      label: joined(shards.map(({ durability }) => durability.label)),
      settings: merged(shards.map(({ durability }) => durability.settings)),
      storage: joined(shards.flatMap(({ durability }) => durability.storage ?? [])) || undefined,
    },
    settings: { ...merged(shards.map(({ settings }) => settings)), events_divided_among: many },
    caveats: [...new Set(shards.flatMap(({ caveats }) => caveats))],
    lost: AbortSignal.any(shards.map(({ lost }) => lost)),
    dividesEvents: { remedy },
    refusal(needs) {
      if (needs.isAlone) {
        return shards.map((shard) => shard.refusal?.(needs)).find((unfit) => unfit !== undefined)
      }
      return {
        why: `it keeps parts of a hold in another engine, and ${variable} divides the events of PostgreSQL alone`,
        remedy,
      }
    },
    probe: () => probeAll(shards),
    describe() {
      const each = shards.map((shard) => shard.describe().replace(/ \((POSTGRES_URL|embedded)\) at/, ' at'))
      return `${many} (${source}), an event on one of them: ${each.join('; ')}`
    },
    async openNamespace(options) {
      return namespaces.add(await createShardedNamespace(shards, options))
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function probeAll(shards: readonly PostgresEngine[]): Promise<ProbeFindings> {
  const probed: ProbedServer[] = []
  for (const [at, shard] of shards.entries()) {
    const found = await shard.probe?.()
    if (found !== undefined) probed.push({ server: `server ${at + 1}`, url: shard.url, found })
  }
  const [first, ...others] = probed
  if (first === undefined) throw new RangeError('there is no server')
  return worstOf([first, ...others])
}

function joined(values: readonly string[]): string {
  return [...new Set(values)].join(' and ')
}

/** The common value of each; if they differ, each server's. */
function merged(settings: readonly Readonly<Record<string, string>>[]): Readonly<Record<string, string>> {
  const names = new Set(settings.flatMap((each) => Object.keys(each)))
  return Object.fromEntries(
    [...names].map((name) => [name, [...new Set(settings.map((each) => each[name] ?? ''))].join(' | ')]),
  )
}
