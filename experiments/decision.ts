/** placeholder */
import type { Studied } from './studied.ts'
export function decisionTable(_studied: readonly Studied[]): readonly string[] {
  return []
}
