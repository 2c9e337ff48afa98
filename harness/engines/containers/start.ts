/**
 * Engines in containers: one set of servers for a run, started with Testcontainers and used by address like any other
 * server that is already there.
 *
 *     await using started = await startContainers(['postgres', 'redis'], { durability: 'durable' })
 *     await using opened = await openEngines(['postgres', 'redis'], { durability: 'durable', from: started.given })
 */
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import type { ContainerRuntimeClient } from 'testcontainers'
import type { KnownEngine as EngineName } from '../../../strategies/registry.ts'
import { EngineError } from '../engine-error.ts'
import { type Durability, containerArguments as postgresArguments } from '../postgres/settings.ts'
import { containerArguments as redisArguments } from '../redis/settings.ts'
import { proveRedisSpeaks } from '../redis/url.ts'
import { containerScript as tigerbeetleScript } from '../tigerbeetle/settings.ts'
import { type ContainerAddress, ContainerGroup } from './group.ts'
import { imageOf } from './images.ts'
import { ensureImage, loadLibrary, reachDaemon, sweepStaleContainers } from './runtime.ts'

/** What became of one engine's containers. Plain data, so that it can be handed to other processes. */
type GivenContainer =
  | {
      readonly state: 'started'
      readonly image: string
      /** With passwords: not for printing. */
      readonly addresses: readonly string[]
    }
  | { readonly state: 'missing'; readonly why: string; readonly remedy: string }

export type GivenContainers = Readonly<Partial<Record<EngineName, GivenContainer>>>

export interface StartedContainers extends AsyncDisposable {
  readonly given: GivenContainers
}

export interface StartContainersOptions {
  readonly durability: Durability
  /** Independent Redis servers, each in a container of its own. */
  readonly redisNodes: number
  readonly env?: NodeJS.ProcessEnv
  readonly log?: (line: string) => void
  readonly signal?: AbortSignal | undefined
}

interface Start {
  readonly durability: Durability
  readonly redisNodes: number
  readonly env: NodeJS.ProcessEnv
  readonly group: ContainerGroup
}

/** For one question to a server that may not be there yet. */
const PROBE_DEADLINE_MS = 2_000
/** Longer than any run. */
const UNHEARD_OF_MS = 24 * 60 * 60_000
/** Made anew for every run, in hexadecimal: it stands in addresses and on command lines. */
const PASSWORD_BYTES = 32

/** Starts what is named, one after another. An engine that does not come up is no error here; anything else throws. */
export async function startContainers(
  names: readonly EngineName[],
  options: StartContainersOptions,
): Promise<StartedContainers> {
  const { env = process.env, log = () => undefined, signal } = options
  const [first] = names
  if (first === undefined) return { given: {}, async [Symbol.asyncDispose]() {} }
  let client: ContainerRuntimeClient
  try {
    client = await reachDaemon(first)
    await sweepStaleContainers(client, log)
  } catch (error) {
    const missing = missingBecause(error)
    return {
      given: Object.fromEntries(names.map((name) => [name, missing])),
      async [Symbol.asyncDispose]() {},
    }
  }
  await using undo = new AsyncDisposableStack()
  const group = undo.use(new ContainerGroup({ client, log, signal }))
  const given: Partial<Record<EngineName, GivenContainer>> = {}
  for (const name of names) {
    const image = imageOf(name, env)
    try {
      await ensureImage(name, image, client, { log, signal })
      const addresses = await STARTS[name]({ ...options, env, group })
      given[name] = { state: 'started', image: image.name, addresses }
    } catch (error) {
      given[name] = missingBecause(error)
    }
  }
  const owned = undo.move()
  return { given, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** The rung of the ladder that a server in a container came from, for a report. */
export type ContainerSource = `container (${string})`

/** Where an engine is looked for: its addresses, in the environment, and what to call their source. */
export interface Place {
  readonly env: NodeJS.ProcessEnv
  readonly source: ContainerSource
}

/**
 * Opens an engine by the addresses of its containers. Whatever is wrong with them is told as what it is: no fault of an
 * address that somebody has set.
 */
export async function openGiven<Engine>(
  name: EngineName,
  given: GivenContainers,
  env: NodeJS.ProcessEnv,
  open: (place: Place) => Promise<Engine>,
): Promise<Engine> {
  const container = given[name]
  if (container === undefined) throw new RangeError(`no container was asked for ${name}`)
  if (container.state === 'missing') {
    const { why: message, remedy } = container
    throw new EngineError({ engine: name, problem: 'missing', message, remedy })
  }
  const { addresses, image } = container
  try {
    return await open({
      env: { ...env, ...variablesOf(name, addresses) },
      source: `container (${image})`,
    })
  } catch (error) {
    if (!(error instanceof EngineError) || error.problem === 'aborted') throw error
    throw new EngineError({
      engine: name,
      problem: error.problem,
      message: `The container of ${image} cannot be used: ${error.message}`,
      remedy: `start it again; or export ${imageOf(name, env).variable}=<another image>`,
      cause: error,
    })
  }
}

function variablesOf(name: EngineName, addresses: readonly string[]): NodeJS.ProcessEnv {
  switch (name) {
    case 'postgres':
      return { POSTGRES_URL: addresses[0] }
    case 'redis':
      return { REDIS_URL: undefined, REDIS_URLS: addresses.join(',') }
    case 'tigerbeetle':
      return { TIGERBEETLE_CLUSTER: '0', TIGERBEETLE_ADDRESSES: addresses.join(',') }
  }
}

const STARTS: Readonly<Record<EngineName, (start: Start) => Promise<readonly string[]>>> = {
  async postgres({ group, durability, env }) {
    const { PostgreSqlContainer } = await loadLibrary('postgres', () => import('@testcontainers/postgresql'))
    const image = imageOf('postgres', env)
    const password = newPassword()
    const urlOf = ({ host, port }: ContainerAddress): string =>
      `postgres://holdfast:${password}@${host}:${port}/holdfast`
    const address = await group.start({
      engine: 'postgres',
      image,
      port: 5432,
      container: new PostgreSqlContainer(image.name)
        .withUsername('holdfast')
        .withPassword(password)
        .withDatabase('holdfast')
        .withCommand(['postgres', ...postgresArguments(durability)])
        // Its own would ask four times a second for as long as it runs, also while something is measured.
        .withHealthCheck({ test: ['CMD-SHELL', 'true'], interval: UNHEARD_OF_MS }),
      isReady: async (at) => await answersQuery(urlOf(at)),
    })
    return [urlOf(address)]
  },

  async redis({ group, durability, redisNodes, env }) {
    const { RedisContainer } = await loadLibrary('redis', () => import('@testcontainers/redis'))
    const image = imageOf('redis', env)
    const urls: string[] = []
    for (let node = 0; node < redisNodes; node += 1) {
      const password = newPassword()
      const address = await group.start({
        engine: 'redis',
        image,
        port: 6379,
        container: new RedisContainer(image.name)
          .withCommand(['redis-server', ...redisArguments(durability === 'durable' ? 'always' : 'none')])
          .withPassword(password),
        isReady: async (at) => await answersPing(at, password),
      })
      urls.push(`redis://:${password}@${address.host}:${address.port}`)
    }
    return urls
  },

  async tigerbeetle({ group, env }) {
    const { GenericContainer } = await loadLibrary('tigerbeetle', () => import('testcontainers'))
    const image = imageOf('tigerbeetle', env)
    const port = 3000
    const { host, port: outside } = await group.start({
      engine: 'tigerbeetle',
      image,
      port,
      container: new GenericContainer(image.name)
        .withExposedPorts(port)
        // It writes with io_uring, which Docker's usual profile forbids.
        .withSecurityOpt('seccomp=unconfined')
        // And it keeps all of its memory out of reach of swapping.
        .withAddedCapabilities('IPC_LOCK')
        .withEntrypoint(['/bin/sh', '-c', tigerbeetleScript(port)]),
      // Docker itself accepts connections to the port before the server does.
      isReady: async (_at, printed) => / listening on /.test(await printed()),
    })
    return [`${host}:${outside}`]
  },
}

function newPassword(): string {
  return randomBytes(PASSWORD_BYTES).toString('hex')
}

async function answersQuery(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: PROBE_DEADLINE_MS })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select 1')
    return true
  } catch {
    return false
  } finally {
    void client.end().catch(() => undefined)
  }
}

async function answersPing({ host, port }: ContainerAddress, password: string): Promise<boolean> {
  try {
    await proveRedisSpeaks({ host, port, username: undefined, password, db: 0, tls: false }, undefined)
    return true
  } catch {
    return false
  }
}

/** What was not foreseen is thrown on. */
function missingBecause(error: unknown): GivenContainer {
  if (!(error instanceof EngineError)) throw error
  return { state: 'missing', why: error.message, remedy: error.remedy }
}
