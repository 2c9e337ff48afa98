/**
 * A TigerBeetle client whose every request passes a gate. Results use the library's numbers, since the
 * library, which would name them, may be missing.
 */
import type { Client } from 'tigerbeetle-node'
import type { Gate } from '../engine.ts'
import { touching } from './touch.ts'

const PENDING = 2
const POST = 4
const VOID = 8
/** Statuses that a reservation can get, as in the library's enumeration. */
const STATUSES: Readonly<Record<number, string>> = {
  4294967295: 'created',
  1: 'linked_event_failed',
  54: 'exceeds_credits',
  68: 'id_already_failed',
}

export function gatedTigerbeetle(client: Client, gate: Gate): Client {
  const through = async <Answer>(
    text: string,
    effect: 'read' | 'any',
    tell: (answer: Answer) => string,
    send: () => Promise<Answer>,
  ): Promise<Answer> =>
    (await gate.pass({
      store: 'tigerbeetle',
      text,
      shape: text,
      send,
      tell: (answer) => tell(answer as Answer),
      touched: () => [touching(effect)],
      isRefusal: () => false,
    })) as Answer
  const found = (answer: readonly unknown[]) => `${answer.length} found`
  const results = (answer: readonly { readonly status: number }[]) =>
    answer.map(({ status }) => STATUSES[status] ?? `status ${status}`).join(', ')
  return {
    createAccounts: (batch) => through('create accounts', 'any', results, () => client.createAccounts(batch)),
    createTransfers: (batch) =>
      through(batch.map(transferText).join('; '), 'any', results, () => client.createTransfers(batch)),
    lookupAccounts: (batch) => through('look up accounts', 'read', found, () => client.lookupAccounts(batch)),
    lookupTransfers: (batch) =>
      through('look up transfers', 'read', found, () => client.lookupTransfers(batch)),
    getAccountTransfers: (filter) =>
      through('get account transfers', 'read', found, () => client.getAccountTransfers(filter)),
    getAccountBalances: (filter) =>
      through('get account balances', 'read', found, () => client.getAccountBalances(filter)),
    queryAccounts: (filter) => through('query accounts', 'read', found, () => client.queryAccounts(filter)),
    queryTransfers: (filter) =>
      through('query transfers', 'read', found, () => client.queryTransfers(filter)),
    destroy: () => {},
  }
}

function transferText({ flags, amount }: { readonly flags: number; readonly amount: bigint }): string {
  if ((flags & POST) !== 0) return 'post the pending transfer'
  if ((flags & VOID) !== 0) return 'void the pending transfer'
  return `${(flags & PENDING) !== 0 ? 'pending transfer' : 'transfer'} of ${amount}, Budget to Spent`
}
