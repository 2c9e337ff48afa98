/**
 * Makes an entry like the registry's of a strategy that is not in the registry: a user's own, or one under
 * test.
 */
import type { Ledger, Witness } from '../../strategies/ledgers/ledger.ts'
import { acrossEvents, ledgers } from '../../strategies/ledgers/registry.ts'
import { byEvent, type Connections, PROMISES_DEFAULT, type StrategyEntry } from '../../strategies/registry.ts'
import type {
  EngineName,
  Promises,
  ReservationStrategy,
  StrategySettings,
} from '../../strategies/strategy.ts'
import { withValidation } from '../../strategies/validation.ts'
import { ofThisContext } from './this-context.ts'

/** A witness, whose ledger by default keeps its resources in no engine that can lose them. */
export type OwnWitness = Omit<Witness, 'keepsResourcesIn'> & Partial<Pick<Witness, 'keepsResourcesIn'>>

export interface StrategyOfOnesOwn {
  readonly name: string
  readonly summary?: string
  /** The engines that it needs; none by default. */
  readonly engines?: readonly EngineName[]
  /**
   * How it writes holds down, so that they can be read without it: the name of a ledger of the registry, or
   * its own witness. Without it the strategy is judged by its answers, and every trial says that its store
   * was not read.
   */
  readonly ledger?: string | Ledger
  readonly witness?: OwnWitness
  readonly promises?: Partial<Promises>
  /** The file from which another process can load it. */
  readonly file?: string
  /** All who open it share one store, which nobody empties: a service at an address. */
  readonly hasOneStore?: true
  /** Creates an instance without data; called once per trial. */
  create(
    connections: Connections,
    settings: StrategySettings,
  ): ReservationStrategy | Promise<ReservationStrategy>
}

export function entryFor(own: StrategyOfOnesOwn): StrategyEntry {
  return {
    name: own.name,
    summary: own.summary ?? 'a strategy of your own',
    engines: own.engines ?? [],
    ...ledgerOf(own),
    promises: { ...PROMISES_DEFAULT, ...own.promises },
    ...(own.file !== undefined && { file: own.file }),
    ...(own.hasOneStore === true && { hasOneStore: true }),
    async open(connections, settings) {
      return withValidation(
        await byEvent(connections, async (at) => ofThisContext(await own.create(at, settings))),
      )
    },
  }
}

function ledgerOf(own: StrategyOfOnesOwn): { readonly ledger?: Ledger } {
  const { ledger, witness, name, engines = [] } = own
  if (witness !== undefined) {
    if (ledger !== undefined) throw new RangeError(`${name} has both a ledger and a witness; keep only one`)
    const complete: Witness = { keepsResourcesIn: [], ...witness }
    return {
      ledger: {
        name: 'its own',
        summary: 'what its own witness reads',
        engines,
        witness: async () => acrossEvents(complete, engines),
      },
    }
  }
  if (ledger === undefined) return {}
  const stated = typeof ledger === 'string' ? ledgerNamed(ledger, name) : ledger
  const missing = stated.engines.filter((engine) => !engines.includes(engine))
  if (missing.length === 0) return { ledger: stated }
  throw new RangeError(
    `${name} names the ledger ${stated.name}, which is kept in ${stated.engines.join(' and ')}, but does not use ${missing.join(' and ')}`,
  )
}

function ledgerNamed(wanted: string, strategy: string): Ledger {
  const known = ledgers.find(({ name }) => name === wanted)
  if (known !== undefined) return known
  const names = ledgers.map(({ name }) => name).join(', ')
  throw new RangeError(`${strategy}: no ledger is called "${wanted}"; there are ${names}`)
}
