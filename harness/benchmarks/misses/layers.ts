/** How much of a run a judge sees. */
import type { HistoryRecord, Operation } from '../../history/record.ts'
import type { MeasuredRun } from './run.ts'

export const LAYERS = ['history', 'audit', 'versions'] as const

/**
 * - history: what the callers saw, without versions and without an audit;
 * - audit: the same and the store at rest;
 * - versions: the same and the versions of each change.
 */
export type Layer = (typeof LAYERS)[number]

/** The records of a run that a judge receives. */
export function recordsOf(
  { header, operations, audit }: MeasuredRun,
  layer: Layer,
): readonly HistoryRecord[] {
  const shown = layer === 'versions' ? operations : operations.map(withoutVersions)
  return layer === 'history' ? [header, ...shown] : [header, ...shown, audit]
}

function withoutVersions(operation: Operation): Operation {
  if (operation.op !== 'hold' || operation.result !== 'ok') return operation
  const { versions: _, ...rest } = operation
  return rest
}
