/**
 * A hold in Redis is a hash: its status, its lines as JSON (`payload`), its deadline, and any other fields
 * that a ledger adds.
 */
import type { HoldId, ResourceId } from '../../../strategy.ts'
import type { FoundStatus, LineRecord, StoredHold, StoredStatus } from '../../ledger.ts'
import { type HoldNode, keyOf, readEach } from './keys.ts'

type HoldRecord = Readonly<Partial<Record<string, string>>>

export interface Hold extends StoredHold {
  readonly record: HoldRecord
  /** What cannot be read in the record. */
  readonly broken: readonly string[]
}

/** `deadlineMs` takes the deadline from the record; NaN if it has none. */
export async function readHolds(
  node: HoldNode,
  ids: readonly HoldId[],
  deadlineMs: (record: HoldRecord) => number,
): Promise<readonly Hold[]> {
  const records = await readEach(node, ids, (pipeline, id) => pipeline.hgetall(keyOf(node, 'hold', id)))
  return ids.map((id, at) => {
    const record = records[at] as HoldRecord
    return recordedHold(id, record, deadlineMs(record))
  })
}

/** A hold by what is recorded of it. */
export function recordedHold(id: HoldId, record: HoldRecord, deadlineMs: number): Hold {
  const { status = '', payload } = record
  const lines = pairs<ResourceId>(payload)
  const broken: string[] = []
  if (!isStatus(status)) broken.push(`is "${status}", which is not a status`)
  if (!Number.isFinite(deadlineMs)) broken.push('has no deadline')
  if (lines === undefined || lines.length === 0) broken.push('has no lines')
  const resources = (lines ?? []).map(([resourceId]) => resourceId)
  for (const resourceId of new Set(resources.filter((each, at) => resources.indexOf(each) !== at))) {
    broken.push(`has more than one line on ${resourceId}`)
  }
  return {
    id,
    status: isStatus(status) ? status : 'expired',
    deadlineMs: Number.isFinite(deadlineMs) ? deadlineMs : 0,
    lines: lines ?? [],
    record,
    broken,
  }
}

/** By the hold's record alone. */
export async function statusOf(node: HoldNode, id: HoldId): Promise<FoundStatus> {
  const status = await node.client.hget(keyOf(node, 'hold', id), 'status')
  return status !== null && isStatus(status) ? status : 'none'
}

function isStatus(status: string): status is StoredStatus {
  return status === 'held' || status === 'confirmed' || status === 'released' || status === 'expired'
}

/** `[[name, number], …]`, or undefined for anything else. */
export function pairs<Name extends string>(
  json: string | undefined,
): readonly (readonly [Name, number])[] | undefined {
  if (json === undefined) return undefined
  try {
    const parsed: unknown = JSON.parse(json)
    const isPairs =
      Array.isArray(parsed) &&
      parsed.every(
        (each) => Array.isArray(each) && typeof each[0] === 'string' && Number.isSafeInteger(each[1]),
      )
    return isPairs ? (parsed as readonly (readonly [Name, number])[]) : undefined
  } catch {
    return undefined
  }
}

/** As it is reported, with its current status. */
export function told({ id, lines, deadlineMs }: Hold, status: StoredStatus): StoredHold {
  return { id, status, lines, deadlineMs }
}

/** Units per resource, summed over the lines of these holds. */
export function unitsIn(
  holds: readonly { readonly lines: readonly LineRecord[] }[],
): ReadonlyMap<string, number> {
  const units = new Map<string, number>()
  for (const { lines } of holds) {
    for (const [id, quantity] of lines) units.set(id, (units.get(id) ?? 0) + quantity)
  }
  return units
}
