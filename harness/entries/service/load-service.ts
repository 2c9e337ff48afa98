/** Makes an entry of a service by its address, for a strategy in any language. */

import type { StrategyEntry } from '../../../strategies/registry.ts'
import type { ReservationStrategy } from '../../../strategies/strategy.ts'
import { entryFor } from '../entry.ts'
import { UsageError } from '../usage-error.ts'
import { contractStrategy } from './contract.ts'
import { withOwnNames } from './own-names.ts'
import { loadServiceAdapter } from './service-adapter.ts'
import { type AskService, askAt } from './service-client.ts'

/** How long a service may take to show that it is there. */
const FIRST_ANSWER_MS_MAX = 5_000

export function isServiceUrl(given: string): boolean {
  return /^https?:\/\//i.test(given)
}

/**
 * Throws `UsageError` if the address is none, or nothing answers there. `adapter`: a file that maps another
 * API than that of `serve`.
 */
export async function loadService(given: string, adapter?: string): Promise<StrategyEntry> {
  const base = addressIn(given)
  const mapped = adapter === undefined ? undefined : await loadServiceAdapter(adapter)
  const ask = askAt(base)
  await expectAnswer(base)
  return entryFor({
    name: nameOf(base),
    summary: `a service at ${base.origin}${mapped === undefined ? '' : `, through ${adapter}`}`,
    promises: mapped?.promises ?? {},
    hasOneStore: true,
    create: () => opened(ask, mapped?.create),
  })
}

function opened(
  ask: AskService,
  create: ((ask: AskService) => ReservationStrategy) | undefined,
): ReservationStrategy {
  return withOwnNames((create ?? contractStrategy)(ask))
}

function addressIn(given: string): URL {
  let url: URL
  try {
    url = new URL(given)
  } catch (cause) {
    throw new UsageError(`--strategy ${JSON.stringify(given)} is not an address`, { cause })
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError('--strategy: an address with a password would be printed; let an adapter send it')
  }
  if (url.search !== '' || url.hash !== '') {
    throw new UsageError(`--strategy ${given}: only an address and a path, such as http://127.0.0.1:9000`)
  }
  return url
}

/** It stands in tables and in the names of files. */
function nameOf({ host, pathname }: URL): string {
  return `${host}${pathname}`.replaceAll(/[^\w.-]+/g, '-').replaceAll(/^-+|-+$/g, '')
}

/** Any answer will do: which routes it has is seen later. */
async function expectAnswer(base: URL): Promise<void> {
  try {
    await askAt(base, FIRST_ANSWER_MS_MAX)({ method: 'GET', path: '/' })
  } catch (cause) {
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
    throw new UsageError(
      `no service answers at ${base.origin}: ${reason instanceof Error ? reason.message : String(reason)}`,
      { cause },
    )
  }
}
