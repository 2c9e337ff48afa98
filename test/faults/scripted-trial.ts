/** A trial of two or three buyers in which the test decides every step; the calls are recorded and judged at the end. */
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

/** More than the clock's drift between two readings a few seconds apart. */
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

export class ScriptedTrial {
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

  /** One resource on fresh tables and keys; everything is dropped when `play` has returned. */
  static async run(
    entry: StrategyEntry,
    engines: Engines,
    capacity: number,
    play: (trial: ScriptedTrial) => Promise<void>,
  ): Promise<void> {
    const ground = await prepareGround(entry, engines, POOL_SIZE)
    try {
      const { offsetMs, errorMs } = await ground.readClock()
      const resource = { id: resourceId(fresh('seat')), capacity }
      const trial = new ScriptedTrial(entry, ground, resource, {
        offsetMs,
        errorMs: errorMs + CLOCK_SLACK_MS,
      })
      const { strategy } = await trial.buyer()
      await strategy.createResources([resource])
      await play(trial)
    } finally {
      await ground.dispose()
    }
  }

  /** A buyer may have connections of its own, and may be paused between read and write. */
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

  /** Reads the store at rest and judges the recorded calls; a conviction is also returned as text. */
  async judge(): Promise<Verdict & { readonly text: string }> {
    const { strategy } = await this.buyer()
    const { record } = await audit({
      strategy,
      ledger: this.#entry.ledger,
      stores: this.ground.stores,
      leftOpen: () => this.ground.leftOpen(),
      resources: [this.resource],
      holds: this.#operations.flatMap((each) =>
        each.op === 'hold' ? [{ id: each.holdId, lines: each.lines }] : [],
      ),
      skip: { prefix: 'warmup-' },
    })
    if (record === undefined) throw new Error('the store could not be read')
    const header: HistoryHeader = {
      type: 'history',
      format: 2,
      strategy: this.#entry.name,
      workload: 'scripted',
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
