/** A strategy whose connections pass through a network, for tests of that network. */
import { expect } from 'vitest'
import { newHold, request } from '../../harness/conformance/subject.ts'
import type { Engines } from '../../harness/engines/open.ts'
import { type Ground, prepareGround } from '../../harness/ground/ground.ts'
import { type Conditions, NO_DELAY } from '../../harness/network/conditions.ts'
import type { NetworkProxy } from '../../harness/network/network.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import type { HoldOutcome, ReservationStrategy, ResourceId } from '../../strategies/strategy.ts'
import { resourceId } from '../../strategies/validation.ts'

export const entryNamed = (name: string): StrategyEntry =>
  registry.find((each) => each.name === name) ?? expect.fail(`there is no ${name}`)

export interface Played {
  readonly ground: Ground
  readonly strategy: ReservationStrategy
  /** With this capacity, which nobody else has. */
  readonly resource: ResourceId
  /** Before the engine's servers, in their order. */
  readonly proxies: readonly NetworkProxy[]
}

/** A strategy on a ground with a network, and one resource of its own; everything is dropped afterwards. */
export async function played(
  entry: StrategyEntry,
  engines: Engines,
  { capacity, conditions = NO_DELAY }: { readonly capacity: number; readonly conditions?: Conditions },
  play: (on: Played) => Promise<void>,
  criticalSection: () => Promise<void> = async () => undefined,
): Promise<void> {
  const ground = await prepareGround(entry, engines, 4, conditions)
  try {
    const strategy = await entry.open(ground.connections, { criticalSection, random: Math.random })
    const resource = resourceId('thing')
    await strategy.createResources([{ id: resource, capacity }])
    const proxies = entry.engines.flatMap((engine) => ground.network?.proxies.get(engine) ?? [])
    await play({ ground, strategy, resource, proxies })
    await strategy.close()
  } finally {
    await ground.dispose()
  }
}

export const hold = ({ strategy, resource }: Played, id = newHold()) =>
  strategy.hold(request({ [resource]: 1 }, { id }))

export const free = async ({ strategy, resource }: Played) =>
  (await strategy.availability([resource]))[0]?.available

/** Undefined: the caller cannot tell. */
export const answerOf = (call: Promise<HoldOutcome>): Promise<HoldOutcome | undefined> =>
  call.catch(() => undefined)
