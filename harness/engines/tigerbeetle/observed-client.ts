/**
 * Tells OpenTelemetry of each request of a client. The semantic conventions have no name for TigerBeetle and
 * allow one's own: `db.system.name` is `tigerbeetle`, and operations have the names of its protocol. What a
 * request refuses is an answer, not a failure.
 */
import type { Client } from 'tigerbeetle-node'
import { openTelemetry, type Telemetry } from '../../telemetry.ts'
import { codeOf } from '../engine-error.ts'

/** The same client where the process has registered no SDK. */
export function observedTigerbeetle(
  client: Client,
  telemetry: Telemetry | undefined = openTelemetry(),
): Client {
  if (telemetry === undefined) return client
  const observed = async <Answer>(
    name: string,
    batch: number,
    send: () => Promise<Answer>,
  ): Promise<Answer> => {
    const ended = telemetry.operation({ system: 'tigerbeetle', name, batch })
    try {
      const answer = await send()
      ended()
      return answer
    } catch (error) {
      ended({ type: codeOf(error) ?? (error instanceof Error ? error.name : 'unknown') })
      throw error
    }
  }
  return {
    createAccounts: (batch) => observed('create_accounts', batch.length, () => client.createAccounts(batch)),
    createTransfers: (batch) =>
      observed('create_transfers', batch.length, () => client.createTransfers(batch)),
    lookupAccounts: (batch) => observed('lookup_accounts', batch.length, () => client.lookupAccounts(batch)),
    lookupTransfers: (batch) =>
      observed('lookup_transfers', batch.length, () => client.lookupTransfers(batch)),
    getAccountTransfers: (filter) =>
      observed('get_account_transfers', 1, () => client.getAccountTransfers(filter)),
    getAccountBalances: (filter) =>
      observed('get_account_balances', 1, () => client.getAccountBalances(filter)),
    queryAccounts: (filter) => observed('query_accounts', 1, () => client.queryAccounts(filter)),
    queryTransfers: (filter) => observed('query_transfers', 1, () => client.queryTransfers(filter)),
    destroy: () => client.destroy(),
  }
}
