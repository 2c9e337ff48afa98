/**
 * TigerBeetle stores no names: ids are hashes of names, computed here again from the holds that were
 * requested. So a transfer that no request explains stands out.
 */
import { createHash } from 'node:crypto'
import type { HoldId, Resource, ResourceId } from '../../strategy.ts'
import type { ReadOrder } from '../ledger.ts'

export interface PlannedResource {
  readonly resource: Resource
  readonly operator: bigint
  readonly budget: bigint
  readonly spent: bigint
}

export interface NamedAccount {
  readonly resourceId: ResourceId
  readonly side: 'Operator' | 'Budget' | 'Spent'
}

/** The ids under which everything that was requested must be stored, if it exists. */
export interface ReadPlan {
  readonly resources: readonly PlannedResource[]
  readonly accounts: ReadonlyMap<bigint, NamedAccount>
  readonly funds: ReadonlySet<bigint>
  /** The ids of a hold's lines, in order of the lines. */
  readonly holds: ReadonlyMap<HoldId, readonly bigint[]>
  readonly lines: ReadonlySet<bigint>
}

export function planOf(ledger: number, resources: readonly Resource[], holds: ReadOrder['holds']): ReadPlan {
  const planned = resources.map((resource) => ({
    resource,
    operator: idOf([ledger, 'operator', resource.id]),
    budget: idOf([ledger, 'budget', resource.id]),
    spent: idOf([ledger, 'spent', resource.id]),
  }))
  const longest = new Map<HoldId, number>()
  for (const { id, lines } of holds) longest.set(id, Math.max(lines.length, longest.get(id) ?? 0))
  const lineIds = new Map<HoldId, readonly bigint[]>()
  for (const [id, length] of longest) {
    lineIds.set(
      id,
      Array.from({ length }, (_, at) => idOf([ledger, 'hold', id, at])),
    )
  }
  const accounts = new Map<bigint, NamedAccount>()
  for (const { resource, operator, budget, spent } of planned) {
    accounts.set(operator, { resourceId: resource.id, side: 'Operator' })
    accounts.set(budget, { resourceId: resource.id, side: 'Budget' })
    accounts.set(spent, { resourceId: resource.id, side: 'Spent' })
  }
  return {
    resources: planned,
    accounts,
    funds: new Set(resources.map(({ id }) => idOf([ledger, 'fund', id]))),
    holds: lineIds,
    lines: new Set([...lineIds.values()].flat()),
  }
}

/** The id for a name. */
export function idOf(name: readonly (string | number)[]): bigint {
  return BigInt(`0x${createHash('sha256').update(JSON.stringify(name)).digest('hex').slice(0, 32)}`)
}

export function nameOf(account: NamedAccount | undefined): string {
  if (account === undefined) return 'an unknown account'
  return account.side === 'Budget' ? account.resourceId : `${account.side} of ${account.resourceId}`
}
