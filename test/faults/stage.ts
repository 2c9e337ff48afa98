/** A stage for two or three buyers whose every step is decided: what they do is recorded, and judged in the end. */
import { audit } from '../../harness/audit/audit.ts'
import { describe as described } from '../../harness/checker/conviction.ts'
import { judge } from '../../harness/checker/judge.ts'
import type { Verdict } from '../../harness/checker/verdict.ts'
import { invokedNowUs, returnedNowUs } from '../../harness/clock.ts'
import { fresh, LONG_TTL_MS, request } from '../../harness/conformance/subject.ts'
import type { Engines } from '../../harness/engines/open.ts'
import type { Ground } from '../../harness/ground/ground.ts'
import { prepareGround } from '../../harness/ground/ground.ts'
import type { EngineClock, HistoryHeader, Operation } from '../../harness/history/record.ts'
import { confirmRecord, holdRecord } from '../../harness/workloads/recorder.ts'
import type { Connections, StrategyEntry } from '../../strategies/registry.ts'
import type {
  ConfirmOutcome,
  HoldId,
  HoldOutcome,
  ReservationStrategy,
  Resource,
} from '../../strategies/strategy.ts'
import { resourceId } from '../../strategies/validation.ts'

/** Past its drift between two readings a few seconds apart. */
const CLOCK_SLACK_MS = 5
const POOL_SIZE = 16

export interface Buyer {
  readonly strategy: ReservationStrategy
  hold(options?: {
    readonly id?: HoldId
    readonly ttlMs?: number
  }): Promise<HoldOutcome & { readonly id: HoldId }>
  confirm(id: HoldId): Promise<ConfirmOutcome>
}

export class Stage {
  readonly ground: Ground
  readonly resource: Resource
  readonly #entry: StrategyEntry
  readonly #clock: EngineClock
  readonly #operations: Operation[] = []
  #buyers = 0

  private constructor(entry: StrategyEntry, ground: Ground, resource: Resource, clock: EngineClock) {
    this.#entry = entry
    this.ground = ground
    this.resource = resource
    this.#clock = clock
  }

  /** One resource on fresh tables and keys; everything is dropped when `play` is over. */
  static async set(
    entry: StrategyEntry,
    engines: Engines,
    capacity: number,
    play: (stage: Stage) => Promise<void>,
  ): Promise<void> {
    const ground = await prepareGround(entry, engines, POOL_SIZE)
    try {
      const { offsetMs, errorMs } = await ground.readClock()
      const resource = { id: resourceId(fresh('seat')), capacity }
      const stage = new Stage(entry, ground, resource, { offsetMs, errorMs: errorMs + CLOCK_SLACK_MS })
      const { strategy } = await stage.buyer()
      await strategy.createResources([resource])
      await play(stage)
    } finally {
      await ground.dispose()
    }
  }

  /** Somebody who may have connections of his own, and may be stopped between read and write. */
  async buyer(
    options: { readonly connections?: Connections; readonly criticalSection?: () => Promise<void> } = {},
  ): Promise<Buyer> {
    const { connections = {}, criticalSection = async () => {} } = options
    const process = this.#buyers++
    const strategy = await this.#entry.open(
      { ...this.ground.connections, ...connections },
      { criticalSection, random: Math.random },
    )
    const stamp = (invokedUs: number) => ({ process, invokedUs, returnedUs: returnedNowUs() })
    return {
      strategy,
      hold: async ({ id, ttlMs = LONG_TTL_MS } = {}) => {
        const asked = request({ [this.resource.id]: 1 }, { ttlMs, ...(id && { id }) })
        const invokedUs = invokedNowUs()
        const outcome = await strategy.hold(asked)
        this.#operations.push(holdRecord(stamp(invokedUs), asked, { kind: 'answered', outcome }))
        return { ...outcome, id: asked.holdId }
      },
      confirm: async (id) => {
        const invokedUs = invokedNowUs()
        const outcome = await strategy.confirm(id)
        this.#operations.push(confirmRecord(stamp(invokedUs), id, { kind: 'answered', outcome }))
        return outcome
      },
    }
  }

  /** Reads the store at rest and judges what was played; with the conviction as text where there is one. */
  async judge(): Promise<Verdict & { readonly text: string }> {
    const { strategy } = await this.buyer()
    const { record } = await audit({
      strategy,
      ledger: this.#entry.ledger,
      stores: this.ground.stores,
      leftOpen: () => this.ground.leftOpen(),
      resources: [this.resource],
      skip: { prefix: 'warmup-' },
    })
    if (record === undefined) throw new Error('the store could not be read')
    const header: HistoryHeader = {
      type: 'history',
      format: 2,
      strategy: this.#entry.name,
      workload: 'staged',
      seed: 0,
      startedAt: new Date().toISOString(),
      resources: [this.resource],
      clock: this.#clock,
      freesLateMs: this.#entry.promises.freesLateMs,
      refusals: this.#entry.promises.refusals,
    }
    const verdict = judge([header, ...this.#operations, record])
    return { ...verdict, text: described(verdict, header) }
  }
}
