/** Which histories are judged in windows: those that would take more than a gigabyte as a whole. */

/** From about so many operations on. */
const OPERATIONS_LONG = 4_000_000
/** Bytes of a usual operation on disk. */
const BYTES_PER_OPERATION = { jsonl: 230, binary: 35 } as const

/** About how many operations a file of `bytes` has. */
export function operationsIn(bytes: number, encoding: keyof typeof BYTES_PER_OPERATION): number {
  return Math.ceil(bytes / BYTES_PER_OPERATION[encoding])
}

export function isLong(operations: number): boolean {
  return operations >= OPERATIONS_LONG
}
