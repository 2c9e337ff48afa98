/**
 * Reads of a column at an index that must exist.
 *
 * A plain `column[index]` is `undefined` out of range, and a default there would let a mistake of the
 * checker pass as a verdict. These functions throw a `RangeError` instead.
 *
 * There is one function per element type because V8 optimises a read for the types that the function has
 * seen. One function for all of them would be slower in the innermost loops.
 */

/** `column[index]`. Throws a `RangeError` if there is no such element. */
export function byteAt(column: Uint8Array, index: number): number {
  const value = column[index]
  return value === undefined ? outOfRange(index, column.length) : value
}

/** `column[index]`. Throws a `RangeError` if there is no such element. */
export function intAt(column: Int32Array, index: number): number {
  const value = column[index]
  return value === undefined ? outOfRange(index, column.length) : value
}

/** `column[index]`. Throws a `RangeError` if there is no such element. */
export function uintAt(column: Uint32Array, index: number): number {
  const value = column[index]
  return value === undefined ? outOfRange(index, column.length) : value
}

/** `column[index]`. Throws a `RangeError` if there is no such element. */
export function doubleAt(column: Float64Array, index: number): number {
  const value = column[index]
  return value === undefined ? outOfRange(index, column.length) : value
}

/** `list[index]`. Throws a `RangeError` if there is no such element, or if it is `undefined`. */
export function itemAt<Item extends string | number | object>(list: readonly Item[], index: number): Item {
  const item = list[index]
  return item === undefined ? outOfRange(index, list.length) : item
}

function outOfRange(index: number, length: number): never {
  throw new RangeError(`There is no element ${index} in a column of ${length}.`)
}
