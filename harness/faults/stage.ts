/** What a fault is given: the engines of one cell as it reaches them, and the time. */
import { setTimeout as delay } from 'node:timers/promises'
import { monotonicMs } from '../clock.ts'
import type { EngineKind } from '../engines/engine.ts'
import type { Engines } from '../engines/open.ts'
import { reasonOf } from '../errors.ts'
import type { Ground } from '../ground/ground.ts'
import type { ClientProcess } from '../processes/client-process.ts'
import type { Random } from '../workloads/random.ts'
import type { BuyersMood, FaultSite, FaultStage, FaultSubject } from './fault.ts'
import type { FaultWatch } from './watch.ts'

const POLL_MS = 10
/** To create its resources again, on an engine that has just come back. */
const START_AGAIN_MS_MAX = 15_000
const START_AGAIN_EVERY_MS = 50

export function stageOf(
  { record, helpers }: Pick<FaultSubject, 'record' | 'helpers'>,
  on: {
    readonly ground: Ground
    readonly engines: Engines
    readonly watch: FaultWatch
    readonly buyers: BuyersMood
    readonly clients: readonly ClientProcess[]
    readonly random: Random
    readonly signal: AbortSignal
  },
): FaultStage {
  const { ground, engines, watch, buyers, clients, random, signal } = on
  const site = (kind: EngineKind): FaultSite => ({
    engine: kind.name,
    kind,
    proxies: ground.network?.proxies.get(kind.name) ?? [],
    servers: engines[kind.name]?.ownServers ?? [],
    confirmedBy: (followers) => ground.namespaces.get(kind.name)?.confirmedBy?.(followers),
    waitingForPool: () => ground.namespaces.get(kind.name)?.meter?.read().pool?.waiting ?? 0,
    timeOut: async (afterMs) => await ground.namespaces.get(kind.name)?.onlooker?.timeOut(afterMs),
    waiters: async () => await ground.namespaces.get(kind.name)?.onlooker?.waiters(),
  })
  const wait = async (ms: number): Promise<void> => {
    await delay(ms, undefined, { signal })
  }
  return {
    record: site(record),
    helpers: helpers.map(site),
    clients,
    random,
    granted: watch.granted,
    wasGranted: watch.wasGranted,
    underWay: () => watch.underWay(),
    confirms: watch.confirms,
    sweep: (limit) => watch.strategy().expireDue(limit),
    buyers,
    wait,
    async until(condition, limitMs) {
      const endMs = monotonicMs() + limitMs
      for (;;) {
        if (await condition()) return true
        if (monotonicMs() >= endMs) return false
        await wait(POLL_MS)
      }
    },
    async startAgain() {
      const endMs = monotonicMs() + START_AGAIN_MS_MAX
      for (;;) {
        try {
          await watch.strategy().createResources(watch.resources())
          return
        } catch (error) {
          if (monotonicMs() >= endMs)
            throw new Error(`its resources could not be created again: ${reasonOf(error)}`, { cause: error })
        }
        await wait(START_AGAIN_EVERY_MS)
      }
    },
  }
}
