/** Loads a file that maps an API of its own onto the contract, for `--adapter`. */

import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Promises, ReservationStrategy } from '../../../strategies/strategy.ts'
import { UsageError } from '../usage-error.ts'
import { askingWith } from './asking.ts'
import { type OrderAdapter, orderCalls } from './order-adapter.ts'
import type { AskService } from './service-client.ts'

/** What the file must say of the API; what a service lacks throws, and is recorded as unknown. */
interface ServiceCalls
  extends Pick<ReservationStrategy, 'createResources' | 'hold' | 'confirm' | 'release' | 'availability'>,
    Partial<Pick<ReservationStrategy, 'expireDue' | 'close'>> {}

/**
 * What the file exports as `adapter`, beside `promises` that differ from the default; or an `OrderAdapter`,
 * which needs fewer lines.
 */
export type ServiceAdapter = (ask: AskService) => ServiceCalls

interface LoadedAdapter {
  readonly promises: Partial<Promises>
  create(ask: AskService): ReservationStrategy
}

const CALLS = ['createResources', 'hold', 'confirm', 'release', 'availability'] as const
const ORDER_CALLS = ['order', 'confirm', 'release', 'available'] as const

export async function loadServiceAdapter(file: string): Promise<LoadedAdapter> {
  const exported = await load(file)
  const { adapter, promises = {} } = exported
  const mapped = serviceAdapterOf(file, adapter)
  return {
    promises: promises as Partial<Promises>,
    create(ask) {
      const calls = mapped(ask)
      const missing = CALLS.find((name) => typeof calls[name] !== 'function')
      if (missing !== undefined) throw new UsageError(`--adapter ${file}: adapter() returns no ${missing}`)
      return {
        createResources: (resources) => calls.createResources(resources),
        hold: (request) => calls.hold(request),
        confirm: (id) => calls.confirm(id),
        release: (id) => calls.release(id),
        availability: (ids) => calls.availability(ids),
        expireDue: async (limit) => (await calls.expireDue?.(limit)) ?? 0,
        close: async () => calls.close?.(),
      }
    },
  }
}

function serviceAdapterOf(file: string, adapter: unknown): ServiceAdapter {
  if (typeof adapter === 'function') return adapter as ServiceAdapter
  if (typeof adapter !== 'object' || adapter === null) {
    throw new UsageError(`--adapter ${file} must export adapter: a function of ask, or an OrderAdapter`)
  }
  const absent = ORDER_CALLS.find((name) => typeof Reflect.get(adapter, name) !== 'function')
  if (absent !== undefined) throw new UsageError(`--adapter ${file}: adapter has no function ${absent}`)
  const { sells, soldOut } = adapter as Partial<OrderAdapter<unknown>>
  if (!Array.isArray(sells) || sells.length === 0 || typeof soldOut !== 'number') {
    throw new UsageError(`--adapter ${file}: adapter needs sells, a list of names, and soldOut, a status`)
  }
  return (ask) => orderCalls(adapter as OrderAdapter<unknown>, askingWith(ask))
}

async function load(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(pathToFileURL(path.resolve(file)).href)
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)
    throw new UsageError(`--adapter ${file} cannot be loaded: ${reason}`, { cause })
  }
}
