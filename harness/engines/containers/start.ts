/**
 * Engines in containers: one set of servers for a run, started with Testcontainers and used by address like
 * any other server that is already there.
 *
 *     await using started = await startContainers([postgres, redis], { durability: 'durable' })
 *     const options = { durability: 'durable', from: started.given }
 *     await using opened = await openEngines(['postgres', 'redis'], options)
 */
import { randomBytes } from 'node:crypto'
import type { ContainerRuntimeClient } from 'testcontainers'
import type { EngineName } from '../../../strategies/strategy.ts'
import type { Durability, EngineKind, OpenOptions } from '../engine.ts'
import { EngineError } from '../engine-error.ts'
import { ContainerGroup } from './group.ts'
import { imageOf, imageVariable } from './images.ts'
import { ensureImage, reachDaemon, sweepStaleContainers } from './runtime.ts'

/** The outcome for one engine's containers. Plain data, so that it can be passed to other processes. */
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
  /** How many servers to start, by engine; absent: the engine's default. */
  readonly servers?: Readonly<Partial<Record<EngineName, number>>>
  readonly env?: NodeJS.ProcessEnv
  readonly log?: (line: string) => void
  readonly signal?: AbortSignal | undefined
}

/** Generated for every run, in hexadecimal, since it is used in addresses and on command lines. */
const PASSWORD_BYTES = 32

/**
 * Starts these, one after another. An engine that fails to start is not an error here; anything else throws.
 */
export async function startContainers(
  kinds: readonly EngineKind[],
  options: StartContainersOptions,
): Promise<StartedContainers> {
  const { env = process.env, log = () => undefined, signal, servers = {}, durability } = options
  const [first] = kinds
  if (first === undefined) return { given: {}, async [Symbol.asyncDispose]() {} }
  let client: ContainerRuntimeClient
  try {
    client = await reachDaemon(first.name)
    await sweepStaleContainers(client, log)
  } catch (error) {
    const missing = missingBecause(error)
    return {
      given: Object.fromEntries(kinds.map(({ name }) => [name, missing])),
      async [Symbol.asyncDispose]() {},
    }
  }
  await using undo = new AsyncDisposableStack()
  const group = undo.use(new ContainerGroup({ client, log, signal }))
  const given: Partial<Record<EngineName, GivenContainer>> = {}
  for (const kind of kinds) given[kind.name] = await startOne(kind)
  const owned = undo.move()
  return { given, [Symbol.asyncDispose]: () => owned.disposeAsync() }

  async function startOne(kind: EngineKind): Promise<GivenContainer> {
    const { name, title, container } = kind
    if (container === undefined) {
      const why = `${title} is not available in a container.`
      return { state: 'missing', why, remedy: kind.example }
    }
    const image = await imageOf(kind, env)
    try {
      await ensureImage(name, image, client, { log, signal })
      const count = servers[name] ?? kind.servers?.default ?? 1
      const addresses = await container.start({ group, image, durability, servers: count })
      return { state: 'started', image: image.name, addresses }
    } catch (error) {
      return missingBecause(error)
    }
  }
}

/**
 * Opens an engine by the addresses of its containers. A failure is reported as a container's failure, not as
 * a wrong address in the environment.
 */
export async function openGiven<Opened>(
  kind: EngineKind,
  given: GivenContainers,
  env: NodeJS.ProcessEnv,
  open: (place: Required<Pick<OpenOptions, 'env' | 'source'>>) => Promise<Opened>,
): Promise<Opened> {
  const { name } = kind
  const container = given[name]
  if (container === undefined) throw new RangeError(`no container was requested for ${name}`)
  if (container.state === 'missing') {
    const { why: message, remedy } = container
    throw new EngineError({ engine: name, problem: 'missing', message, remedy })
  }
  const { addresses, image } = container
  try {
    return await open({
      env: { ...env, ...kind.container?.variables(addresses) },
      source: `container (${image})`,
    })
  } catch (error) {
    if (!(error instanceof EngineError) || error.problem === 'aborted') throw error
    throw new EngineError({
      engine: name,
      problem: error.problem,
      message: `The container of ${image} cannot be used: ${error.message}`,
      remedy: `start it again; or export ${imageVariable(kind)}=<another image>`,
      cause: error,
    })
  }
}

export function newPassword(): string {
  return randomBytes(PASSWORD_BYTES).toString('hex')
}

/** Unexpected errors are rethrown. */
function missingBecause(error: unknown): GivenContainer {
  if (!(error instanceof EngineError)) throw error
  return { state: 'missing', why: error.message, remedy: error.remedy }
}
