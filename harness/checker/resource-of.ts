import { intAt } from './at.ts'
import type { Envelopes } from './envelopes.ts'

/**
 * The resource number of a hold's first line, which a breach is filed under; nothing if no request shows its
 * lines.
 */
export function resourceOf(
  { history, grantedBy, operationsOf }: Envelopes,
  hold: number,
): { readonly resource?: number } {
  const granted = intAt(grantedBy, hold)
  if (granted === -1 && operationsOf.start(hold) === operationsOf.end(hold)) return {}
  const operation = granted === -1 ? operationsOf.member(operationsOf.start(hold)) : granted
  const line = history.lineStart(operation)
  return line < history.lineEnd(operation) ? { resource: intAt(history.lineResource, line) } : {}
}
