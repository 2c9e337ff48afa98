/**
 * The operations of a run, kept as bytes while they happen: about 25 an operation, where the objects would
 * take more than a hundred times as much. What is beyond a limit goes to a file at once, so the memory of a
 * run does not grow with its length, but for one byte an operation.
 */

import { randomUUID } from 'node:crypto'
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { BlockEncoder } from '../history/binary/block-encoder.ts'
import { RowDecoder } from '../history/binary/row-decoder.ts'
import { operationOf } from '../history/binary/row-record.ts'
import { FieldError, type Fields } from '../history/fields.ts'
import { grownBytes } from '../history/grown.ts'
import type { HistoryHeader, Operation } from '../history/record.ts'
import { checkOperation } from '../history/validate-operation.ts'
import type { Role } from '../workloads/workload.ts'
import type { PlayedOperation } from './figures.ts'

/** Blocks of so many bytes are kept in memory: a few million operations. */
const MEMORY_BYTES_MAX = 64 * 1024 * 1024
const INITIAL_ROLES = 4_096

/** A block in memory, or where it is in the file. */
type KeptBlock = Buffer | { readonly at: number; readonly length: number }

/** Closes the files of operations that nobody can read any more. */
const abandoned = new FinalizationRegistry<number>((file) => closeSync(file))

export class KeptOperations implements Iterable<PlayedOperation> {
  readonly #resources: HistoryHeader['resources']
  readonly #known: ReadonlySet<string>
  readonly #memoryMax: number
  readonly #encoder: BlockEncoder
  readonly #blocks: KeptBlock[] = []
  /** What is no operation of a history, by its place: a broken strategy may have answered anything. */
  readonly #odd = new Map<number, Operation>()
  /** 1 for a buyer, by place. */
  #roles = new Uint8Array(INITIAL_ROLES)
  #count = 0
  #memoryBytes = 0
  /** A file without a name, which the system removes when it is closed. */
  #file: number | undefined
  #fileBytes = 0

  /** `resources`: those of the history's header. `memoryMax`: how many bytes are kept in memory. */
  constructor(resources: HistoryHeader['resources'], memoryMax: number = MEMORY_BYTES_MAX) {
    this.#resources = resources
    this.#known = new Set(resources.map(({ id }) => id))
    this.#memoryMax = memoryMax
    this.#encoder = new BlockEncoder((payload) => this.#keep(payload), resources)
  }

  add(operation: Operation, role: Role): void {
    const at = this.#count++
    if (at === this.#roles.length) this.#roles = grownBytes(this.#roles, 2 * at)
    this.#roles[at] = role === 'buyer' ? 1 : 0
    if (isOperation(operation, this.#known)) this.#encoder.add(operation)
    else this.#odd.set(at, operation)
  }

  /** In the order in which they were added; can be iterated again and again, but not while some are added. */
  *[Symbol.iterator](): Generator<PlayedOperation, void, undefined> {
    this.#encoder.flush()
    const ids = this.#resources.map(({ id }) => id)
    let at = 0
    for (const [index, block] of this.#blocks.entries()) {
      const payload = Buffer.isBuffer(block) ? block : this.#read(block)
      const rows = new RowDecoder({ number: index + 1, payload, from: 1, resourceCount: ids.length })
      for (;;) {
        for (let odd = this.#odd.get(at); odd !== undefined; odd = this.#odd.get(at)) {
          yield this.#played(odd, at++)
        }
        if (rows.next() === undefined) break
        yield this.#played(operationOf(rows.row, rows.ids, ids), at++)
      }
    }
    for (let odd = this.#odd.get(at); odd !== undefined; odd = this.#odd.get(at)) {
      yield this.#played(odd, at++)
    }
  }

  #played(operation: Operation, at: number): PlayedOperation {
    return { operation, role: this.#roles[at] === 1 ? 'buyer' : 'bystander' }
  }

  #keep(payload: Buffer): void {
    if (this.#memoryBytes + payload.length <= this.#memoryMax) {
      this.#memoryBytes += payload.length
      this.#blocks.push(Buffer.from(payload))
      return
    }
    const file = this.#opened()
    const at = this.#fileBytes
    for (let written = 0; written < payload.length; ) {
      written += writeSync(file, payload, written, payload.length - written, at + written)
    }
    this.#fileBytes += payload.length
    this.#blocks.push({ at, length: payload.length })
  }

  #opened(): number {
    if (this.#file !== undefined) return this.#file
    const name = path.join(tmpdir(), `holdfast-operations-${randomUUID()}`)
    const file = openSync(name, 'wx+', 0o600)
    rmSync(name)
    abandoned.register(this, file)
    this.#file = file
    return file
  }

  #read({ at, length }: { readonly at: number; readonly length: number }): Buffer {
    const payload = Buffer.allocUnsafe(length)
    for (let read = 0; read < length; ) {
      const more = readSync(this.#opened(), payload, read, length - read, at + read)
      if (more === 0) throw new Error('the file of operations ends too early')
      read += more
    }
    return payload
  }
}

function isOperation(operation: Operation, resources: ReadonlySet<string>): boolean {
  try {
    checkOperation(operation as unknown as Fields, resources)
    return true
  } catch (error) {
    if (error instanceof FieldError) return false
    throw error
  }
}
