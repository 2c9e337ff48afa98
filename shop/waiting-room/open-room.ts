/** The room's own namespace on an engine, and what another process needs to open it. */
import type { Engines } from '../../harness/engines/open.ts'
import { type AttachedGround, attach } from '../../harness/ground/attachment.ts'
import type { Attachment } from '../../harness/ground/ground.ts'
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
}

/** On dispose it drops what it created. */
export async function makeRoom(
  engines: Engines,
  settings: WaitingRoomSettings,
  poolSize: number,
): Promise<OwnedRoom> {
  await using undo = new AsyncDisposableStack()
  const { engine: name, rules, limits, door } = settings
  const engine = engines[name]
  if (engine === undefined) throw new Error(`the waiting room is kept in ${name}, which is missing`)
  const namespace = undo.use(await engine.openNamespace({ label: 'waiting-room', poolSize: 1 }))
  const store = await openRoom(name, { [name]: namespace.connections }, rules, limits)
  await store.set({ door })
  const job = { attachment: { [name]: namespace.attachment(poolSize) }, settings }
  const owned = undo.move()
  return { job, store, [Symbol.asyncDispose]: () => owned.disposeAsync() }
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
