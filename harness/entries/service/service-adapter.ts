/** Loads a file that maps an API of its own onto the contract, for `--adapter`. */

import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Promises, ReservationStrategy } from '../../../strategies/strategy.ts'
import { UsageError } from '../usage-error.ts'
import type { AskService } from './service-client.ts'

/** What the file must say of the API; what a service lacks throws, and is recorded as unknown. */
interface ServiceCalls
  extends Pick<ReservationStrategy, 'createResources' | 'hold' | 'confirm' | 'release' | 'availability'>,
    Partial<Pick<ReservationStrategy, 'expireDue' | 'close'>> {}

/** What the file exports: `adapter`, and `promises` that differ from the default. */
export type ServiceAdapter = (ask: AskService) => ServiceCalls

interface LoadedAdapter {
  readonly promises: Partial<Promises>
  create(ask: AskService): ReservationStrategy
}

const CALLS = ['createResources', 'hold', 'confirm', 'release', 'availability'] as const

export async function loadServiceAdapter(file: string): Promise<LoadedAdapter> {
  const exported = await load(file)
  const { adapter, promises = {} } = exported
  if (typeof adapter !== 'function') {
    throw new UsageError(`--adapter ${file} must export a function adapter(ask) that returns the calls`)
  }
  return {
    promises: promises as Partial<Promises>,
    create(ask) {
      const calls = (adapter as ServiceAdapter)(ask)
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

async function load(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(pathToFileURL(path.resolve(file)).href)
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)
    throw new UsageError(`--adapter ${file} cannot be loaded: ${reason}`, { cause })
  }
}
