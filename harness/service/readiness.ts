/**
 * Whether the engines answer, on separate connections: a queue for the pool means that the service is busy,
 * not that it cannot serve.
 */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import { reasonOf } from '../errors.ts'
import { type AttachedGround, attach } from '../ground/attachment.ts'
import type { Attachment } from '../ground/ground.ts'
import { resourcesOf, type Venue } from './venue.ts'

const DEADLINE_MS = 1_000

export class Readiness {
  readonly #ask: () => Promise<unknown>
  #asking: Promise<unknown> | undefined

  constructor(ask: () => Promise<unknown>) {
    this.#ask = ask
  }

  /** Undefined if the engines answer within a second; otherwise why not. */
  async refusal(): Promise<string | undefined> {
    // One check at a time for all callers, so that checks that are never answered do not accumulate.
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined
    })
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve(`no answer within ${DEADLINE_MS} ms`), DEADLINE_MS)
    })
    try {
      return await Promise.race([this.#asking.then(() => undefined, reasonOf), late])
    } finally {
      clearTimeout(timer)
    }
  }
}

/** Reads one resource of the venue through a strategy. */
export function readinessThrough(
  strategy: Pick<ReservationStrategy, 'availability'>,
  venue: Venue,
): Readiness {
  const [event] = venue.events
  const [some] = event === undefined ? [] : resourcesOf(event)
  return new Readiness(async () => {
    if (some !== undefined) await strategy.availability([some.id])
  })
}

/** Uses separate connections, one to each engine, which are closed on dispose. */
export async function ownReadiness(
  entry: StrategyEntry,
  attachment: Attachment,
  venue: Venue,
): Promise<{ readonly readiness: Readiness } & AsyncDisposable> {
  await using undo = new AsyncDisposableStack()
  const attached: AttachedGround = undo.use(await attach(attachment))
  const strategy = undo.adopt(
    await entry.open(attached.connections, { criticalSection: async () => {}, random: Math.random }),
    (each) => each.close(),
  )
  const owned = undo.move()
  return {
    readiness: readinessThrough(strategy, venue),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
