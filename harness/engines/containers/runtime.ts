/**
 * The Docker daemon, or what Testcontainers finds in its place: connecting to it, fetching images, and
 * removing what killed runs left. Every container of ours has labels for its run and its owner, so that no
 * other container is ever touched.
 */
import type { ContainerRuntimeClient } from 'testcontainers'
import type { EngineName } from '../../../strategies/strategy.ts'
import { installCommandOf } from '../../optional-packages.ts'
import { codeOf, EngineError, reasonOf } from '../engine-error.ts'
import { fateOf, isProcessIdentity } from '../local/process-identity.ts'
import type { ContainerImage } from './images.ts'

export const RUN_LABEL = 'holdfast.run'
/** The process that started it, as JSON. */
export const OWNER_LABEL = 'holdfast.owner'

/** A local daemon answers within milliseconds; one on another machine, within seconds. */
const DAEMON_DEADLINE_MS = 15_000
/** A few hundred megabytes over a slow line. */
const PULL_DEADLINE_MS = 10 * 60_000
/** Time limit for the daemon to end a container and to delete its data. */
const REMOVE_DEADLINE_MS = 30_000
/** When leftovers of another machine or container on a shared daemon are removed: no run takes this long. */
const ELSEWHERE_KEPT_MS = 7 * 24 * 60 * 60_000

type ListedContainer = Awaited<ReturnType<ContainerRuntimeClient['container']['list']>>[number]

/** Throws an `EngineError` if no daemon can be used. */
export async function reachDaemon(engine: EngineName): Promise<ContainerRuntimeClient> {
  const { getContainerRuntimeClient } = await loadLibrary(engine, () => import('testcontainers'))
  const noDaemon = (cause: unknown): EngineError =>
    new EngineError({
      engine,
      problem: 'unreachable',
      message: 'No Docker daemon answers, so no container can be started.',
      remedy: 'start Docker (sudo dockerd), or export DOCKER_HOST=<the address of a daemon>',
      cause,
    })
  try {
    return await within(DAEMON_DEADLINE_MS, getContainerRuntimeClient())
  } catch (error) {
    throw noDaemon(error)
  }
}

/** Testcontainers is loaded only if containers are requested: it is large, and may not be installed. */
export async function loadLibrary<Library>(
  engine: EngineName,
  load: () => Promise<Library>,
): Promise<Library> {
  try {
    return await load()
  } catch (error) {
    const isAbsent = codeOf(error) === 'ERR_MODULE_NOT_FOUND' || codeOf(error) === 'MODULE_NOT_FOUND'
    throw new EngineError({
      engine,
      problem: 'missing',
      message: isAbsent
        ? 'Testcontainers is not installed.'
        : `Testcontainers does not load: ${reasonOf(error)}.`,
      remedy: installCommandOf('containers'),
      cause: error,
    })
  }
}

/** Makes sure that the image exists, fetching it from a registry if necessary. */
export async function ensureImage(
  engine: EngineName,
  { name, variable }: ContainerImage,
  client: ContainerRuntimeClient,
  options: { readonly log: (line: string) => void; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const { ImageName } = await import('testcontainers')
  try {
    const image = ImageName.fromString(name)
    if (await within(DAEMON_DEADLINE_MS, client.image.exists(image))) return
    options.log(`${engine}: fetching the image ${name}`)
    await within(
      PULL_DEADLINE_MS,
      client.image.pull(image, { force: false, platform: undefined }),
      options.signal,
    )
  } catch (error) {
    throw new EngineError({
      engine,
      problem: 'missing',
      message: `The image ${name} is not on this machine and could not be fetched: ${saidBy(error)}.`,
      remedy: `docker pull ${name}, or export ${variable}=<an image that is here>`,
      cause: error,
    })
  }
}

/** The daemon's message, without the text that the library adds. */
export function saidBy(error: unknown): string {
  return reasonOf(error).replace(/^\(HTTP code \d+\) [\w ]+ - /, '')
}

/** Removes containers of runs whose process has certainly ended. Several runs may do so at once. */
export async function sweepStaleContainers(
  client: ContainerRuntimeClient,
  log: (line: string) => void,
): Promise<void> {
  const stale = (await listed(client, OWNER_LABEL)).filter(isOver)
  await Promise.all(
    stale.map(async ({ Id: id, Image: image }) => {
      if (await removed(client, id)) log(`removed a container of ${image}, which a killed run had left`)
    }),
  )
}

/** Removes every container of one run. Returns whether none is left. */
export async function removeRun(client: ContainerRuntimeClient, runId: string): Promise<boolean> {
  const left = await listed(client, `${RUN_LABEL}=${runId}`)
  const gone = await Promise.all(left.map(({ Id: id }) => removed(client, id)))
  return gone.every(Boolean)
}

/** Containers with this label, or with this label and value. */
export async function listed(
  client: ContainerRuntimeClient,
  label: string,
  status?: 'exited',
): Promise<readonly ListedContainer[]> {
  const { dockerode } = client.container
  return await within(
    DAEMON_DEADLINE_MS,
    dockerode.listContainers({ all: true, filters: { label: [label], ...(status && { status: [status] }) } }),
  )
}

/** Removes it with its data. A container that is already gone counts as removed. */
async function removed(client: ContainerRuntimeClient, id: string): Promise<boolean> {
  try {
    await within(REMOVE_DEADLINE_MS, client.container.getById(id).remove({ force: true, v: true }))
    return true
  } catch (error) {
    const status: unknown = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined
    // 404: gone. 409: another process is removing it.
    return status === 404 || status === 409
  }
}

function isOver({ Labels: labels, Created: createdSeconds }: ListedContainer): boolean {
  let owner: unknown
  try {
    owner = JSON.parse(labels[OWNER_LABEL] ?? '')
  } catch {
    return false
  }
  // Not written by this program: its owner is unknown, so nothing is touched.
  if (!isProcessIdentity(owner)) return false
  switch (fateOf(owner)) {
    case 'alive':
      return false
    case 'dead':
      return true
    case 'elsewhere':
      return Date.now() - createdSeconds * 1_000 > ELSEWHERE_KEPT_MS
  }
}

/** The daemon's answers have no deadline. Late answers are ignored. */
export function within<T>(deadlineMs: number, answer: Promise<T>, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => settle(() => reject(new Error('it was given up on request')))
    const timer = setTimeout(
      () => settle(() => reject(new Error(`there was no answer within ${deadlineMs / 1_000} s`))),
      deadlineMs,
    )
    const settle = (how: () => void): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      how()
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    if (signal?.aborted) onAbort()
    answer.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error)),
    )
  })
}
