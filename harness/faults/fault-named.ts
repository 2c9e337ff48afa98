import { unknownName } from '../entries/did-you-mean.ts'
import { UsageError } from '../entries/usage-error.ts'
import type { FaultKind } from './fault.ts'
import { faultKinds } from './registry.ts'

/** Throws `UsageError` with the name that was probably meant. */
export function faultNamed(name: string): FaultKind {
  const fault = faultKinds.find((each) => each.name === name)
  if (fault !== undefined) return fault
  const known = faultKinds.map((each) => each.name)
  throw new UsageError(unknownName('fault', name, known))
}
