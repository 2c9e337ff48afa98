/** The room's own namespace on an engine, and what another process needs to open it. */
import type { Engine } from '../../harness/engines/engine.ts'
import type { Engines } from '../../harness/engines/open.ts'
import { UsageError } from '../../harness/entries/usage-error.ts'
import { type AttachedGround, attach } from '../../harness/ground/attachment.ts'
import type { Attachment } from '../../harness/ground/ground.ts'
import type { Connections } from '../../strategies/registry.ts'
import type { RoomStore } from './queue/room.ts'
import type { WaitingRoomSettings } from './settings.ts'
import { openRoom } from './stores/room-stores.ts'

export interface RoomJob {
  readonly attachment: Attachment
  readonly settings: WaitingRoomSettings
}

export interface OwnedRoom extends AsyncDisposable {
  readonly job: RoomJob
  readonly store: RoomStore
  /** Aborted, with the reason, once a room that is kept may be another's. */
  readonly lost: AbortSignal
}

/** What a room stands on. */
interface RoomGround {
  readonly connections: Connections
  readonly attachment: Attachment
  readonly lost: AbortSignal
}

/**
 * On dispose it drops what it created, unless the room is kept. Throws a `UsageError` if a room cannot be
 * kept there, or the one of that name has another order.
 */
export async function makeRoom(
  engines: Engines,
  settings: WaitingRoomSettings,
  poolSize: number,
): Promise<OwnedRoom> {
  await using undo = new AsyncDisposableStack()
  const { engine: name, rules, limits, door, steering, keep } = settings
  const engine = engines[name]
  if (engine === undefined) throw new Error(`the waiting room is kept in ${name}, which is missing`)
  const { connections, attachment, lost } =
    keep === undefined
      ? await ownGround(engine, poolSize, undo)
      : await keptGround(engine, { keep, poolSize }, undo)
  const store = await openRoom(name, connections, rules, limits)
  const { order } = await store.figures()
  if (order !== rules.order)
    throw new UsageError(`the waiting room ${keep} is a ${order}, not a ${rules.order}`)
  const target = steering === undefined ? limits.activeMax : steering.activeMax
  const { perMinute } = limits
  await store.set({ door, targetMs: steering?.p99Ms ?? 0, activeMax: target, perMinute })
  const job = { attachment, settings: { ...settings, rules: { ...rules, seed: await store.seed() } } }
  const owned = undo.move()
  return { job, store, lost, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

async function ownGround(engine: Engine, poolSize: number, undo: AsyncDisposableStack): Promise<RoomGround> {
  const namespace = undo.use(await engine.openNamespace({ label: 'waiting-room', poolSize: 1 }))
  return {
    connections: { [engine.name]: namespace.connections },
    attachment: { [engine.name]: namespace.attachment(poolSize) },
    lost: new AbortController().signal,
  }
}

async function keptGround(
  engine: Engine,
  { keep, poolSize }: { readonly keep: string; readonly poolSize: number },
  undo: AsyncDisposableStack,
): Promise<RoomGround> {
  const kept = (await engine.keep?.(keep)) ?? {
    why: `the server of ${engine.name} ends with this command`,
    remedy: 'name a server of yours, in POSTGRES_URL or REDIS_URL',
  }
  if ('why' in kept) throw new UsageError(`--room-keep ${keep}: ${kept.why}. To fix it: ${kept.remedy}`)
  undo.use(kept)
  const { connections } = undo.use(await attach({ [engine.name]: kept.attachment(1) }))
  return { connections, attachment: { [engine.name]: kept.attachment(poolSize) }, lost: kept.lost }
}

export interface AttachedRoom extends AsyncDisposable {
  readonly store: RoomStore
}

/** Connections of this process to a room that another one owns. */
export async function attachRoom({ attachment, settings }: RoomJob): Promise<AttachedRoom> {
  await using undo = new AsyncDisposableStack()
  const ground: AttachedGround = undo.use(await attach(attachment))
  const { engine, rules, limits } = settings
  const store = await openRoom(engine, ground.connections, rules, limits)
  const owned = undo.move()
  return { store, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
