/**
 * Columns with more room. `transfer` would touch all of it; a new array costs memory only where it is
 * written, because the system allocates it page by page. The old array's memory is released at once, and it
 * must not be used again.
 */

export function grownBytes(old: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> {
  return moved(old, new Uint8Array(size))
}

export function grownInts(old: Int32Array<ArrayBuffer>, size: number): Int32Array<ArrayBuffer> {
  return moved(old, new Int32Array(size))
}

export function grownUints(old: Uint32Array<ArrayBuffer>, size: number): Uint32Array<ArrayBuffer> {
  return moved(old, new Uint32Array(size))
}

export function grownDoubles(old: Float64Array<ArrayBuffer>, size: number): Float64Array<ArrayBuffer> {
  return moved(old, new Float64Array(size))
}

type Column =
  | Uint8Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>

function moved<C extends Column>(old: Column, larger: C): C {
  larger.set(old)
  old.buffer.transfer(0)
  return larger
}
