/** Access to a ground that another process has prepared and will clear. */
import type { Connections } from '../../strategies/registry.ts'
import type { AttachedNamespace as AttachedTo } from '../engines/engine.ts'
import { engineKinds } from '../engines/registry.ts'
import type { Attachment, Ground } from './ground.ts'
import { meterOf } from './ground.ts'

export interface AttachedGround extends AsyncDisposable, Pick<Ground, 'resetMeter' | 'readMeter'> {
  readonly connections: Connections
  /** The sessions of every engine that has sessions. */
  sessions(): readonly number[]
}

/**
 * Throws a `RangeError` for an engine that is not in the registry: only registered ones can be reached from
 * another process.
 */
export async function attach(attachment: Attachment): Promise<AttachedGround> {
  await using undo = new AsyncDisposableStack()
  const all: (readonly [string, AttachedTo])[] = []
  for (const [name, details] of Object.entries(attachment)) {
    const kind = engineKinds.find((each) => each.name === name)
    if (kind === undefined) throw new RangeError(`the registry has no engine ${name}`)
    all.push([name, undo.use(await kind.attach(details))])
  }
  const owned = undo.move()
  return {
    connections: Object.fromEntries(all.map(([name, { connections }]) => [name, connections])),
    sessions: () => all.flatMap(([, each]) => each.sessions()),
    ...meterOf(all.map(([, each]) => each)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
