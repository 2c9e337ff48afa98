/** Groups positions of a column by a number, such as operations by hold or events by resource. */
import { intAt, uintAt } from './at.ts'
import { discard } from './order.ts'

/**
 * The members of group g are `member(at)` for `at` from `start(g)` up to, not including, `end(g)`. An index
 * out of range throws a `RangeError`.
 */
export class Groups {
  readonly #first: Int32Array
  readonly #members: Int32Array

  constructor(first: Int32Array, members: Int32Array) {
    this.#first = first
    this.#members = members
  }

  /** The total number of members. */
  get memberCount(): number {
    return this.#members.length
  }

  start(group: number): number {
    return intAt(this.#first, group)
  }

  end(group: number): number {
    return intAt(this.#first, group + 1)
  }

  member(at: number): number {
    return intAt(this.#members, at)
  }

  /** The members of one group, without a copy. */
  membersOf(group: number): Int32Array {
    return this.#members.subarray(this.start(group), this.end(group))
  }

  /** Releases the memory; the groups must not be used again. */
  discard(): void {
    discard(this.#first, this.#members)
  }
}

/**
 * Groups positions by `groupOf[position]`; a negative group is left out. Within a group the members keep the
 * given order of positions, or are ascending if none is given.
 */
export function grouped(
  groupOf: Int32Array,
  { groupCount, order }: { readonly groupCount: number; readonly order?: Uint32Array },
): Groups {
  const first = new Int32Array(groupCount + 1)
  for (const group of groupOf) if (group >= 0) first[group + 1] = intAt(first, group + 1) + 1
  for (let group = 0; group < groupCount; group++) {
    first[group + 1] = intAt(first, group + 1) + intAt(first, group)
  }
  const next = first.slice()
  const members = new Int32Array(intAt(first, groupCount))
  for (let at = 0; at < groupOf.length; at++) {
    const position = order === undefined ? at : uintAt(order, at)
    const group = intAt(groupOf, position)
    if (group < 0) continue
    const target = intAt(next, group)
    members[target] = position
    next[group] = target + 1
  }
  discard(next)
  return new Groups(first, members)
}
