/** Makes an entry of a service by its address, for a strategy in any language. */
import { randomUUID } from 'node:crypto'
import type { StrategyEntry } from '../../../strategies/registry.ts'
import type { ReservationStrategy } from '../../../strategies/strategy.ts'
import { oneLine, reasonOf } from '../../errors.ts'
import { entryFor } from '../entry.ts'
import { UsageError } from '../usage-error.ts'
import { contractStrategy, NO_SETUP } from './contract.ts'
import { withOwnNames } from './own-names.ts'
import { loadServiceAdapter } from './service-adapter.ts'
import { type AskService, askAt } from './service-client.ts'

/** How long a service may take to show that it is there. */
const FIRST_ANSWER_MS_MAX = 5_000

export function isServiceUrl(given: string): boolean {
  return /^https?:\/\//i.test(given)
}

/**
 * Throws `UsageError` if the address is none, if nothing answers there, or something that is no service of
 * the contract. `adapter`: a file that maps another API than that of `serve`.
 */
export async function loadService(given: string, adapter?: string): Promise<StrategyEntry> {
  const base = addressIn(given)
  const mapped = adapter === undefined ? undefined : await loadServiceAdapter(adapter)
  const ask = askAt(base)
  await expectAnswer(base)
  if (mapped === undefined) await expectContract(base)
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

/** Any answer will do: which routes it has is another question. */
async function expectAnswer(base: URL): Promise<void> {
  try {
    await askAt(base, FIRST_ANSWER_MS_MAX)({ method: 'GET', path: '/' })
  } catch (cause) {
    throw new UsageError(`no service answers at ${base.origin}: ${whyNone(cause)}`, { cause })
  }
}

/** Makes a resource that nobody asks for. An engine that is down is the service’s own affair, and judged. */
async function expectContract(base: URL): Promise<void> {
  const wrong = (why: string, cause?: unknown): UsageError =>
    new UsageError(`${base.origin} is no service of the contract (docs/service.md): ${why}`, { cause })
  const json = { resources: [{ id: `probe-${randomUUID()}`, capacity: 1 }] }
  const request = { method: 'PUT', path: '/setup/resources', json } as const
  const { status, headers, body } = await askAt(
    base,
    FIRST_ANSWER_MS_MAX,
  )(request).catch((cause) => {
    throw wrong(`PUT /setup/resources has no answer: ${whyNone(cause)}`, cause)
  })
  if (status === 204 || (status >= 500 && typeof body === 'object')) return
  if (status === 404 || status === 405) throw wrong(NO_SETUP)
  const leads = headers.get('location')
  if (leads !== null) throw wrong(`it leads to ${oneLine(leads)}, and redirects are not followed`)
  const type = headers.get('content-type') ?? 'nothing'
  throw wrong(`PUT /setup/resources was answered ${status} with ${oneLine(type)}, not 204`)
}

function whyNone(thrown: unknown): string {
  if (thrown instanceof Error && thrown.name === 'TimeoutError')
    return `no answer within ${FIRST_ANSWER_MS_MAX / 1_000} s`
  return reasonOf(thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown)
}
