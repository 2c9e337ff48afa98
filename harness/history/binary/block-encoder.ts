/** Turns records into blocks. */
import type { AuditRecord, HistoryHeader, HistoryRecord } from '../record.ts'
import { ByteWriter } from './byte-writer.ts'
import { BLOCK_BYTES, BlockKind } from './format.ts'
import { RowEncoder } from './row-encoder.ts'

export class BlockEncoder {
  readonly #emit: (payload: Buffer) => void
  readonly #to = new ByteWriter()
  #rows: RowEncoder | undefined
  /** How many records were added. */
  count = 0

  /**
   * `emit` gets the payload of each block, which is valid until it returns. `resources`: those of the header,
   * for rows without a header before them.
   */
  constructor(emit: (payload: Buffer) => void, resources?: HistoryHeader['resources']) {
    this.#emit = emit
    if (resources !== undefined) this.#rows = new RowEncoder(this.#to, resources)
  }

  /** The records must be those of one history, in order. */
  add(record: HistoryRecord): void {
    this.count++
    switch (record.type) {
      case 'history':
        this.#header(record)
        break
      case 'operation':
        this.#row().operation(record)
        if (this.#to.length >= BLOCK_BYTES) this.flush()
        break
      case 'clock':
        this.#row().clock(record)
        break
      case 'audit':
        this.#audit(record)
        break
      default:
        throw new Error(`no such record: ${JSON.stringify(record satisfies never)}`)
    }
  }

  /** Ends the block of rows that was begun, so that what was added is in a block. */
  flush(): void {
    if (this.#to.length === 0) return
    this.#emit(this.#to.written)
    this.#to.clear()
  }

  /** Must be called after the last record: nothing is missing. */
  seal(): void {
    this.flush()
    this.#to.byte(BlockKind.seal)
    this.#to.count(this.count)
    this.flush()
  }

  #header(header: HistoryHeader): void {
    this.flush()
    this.#rows = new RowEncoder(this.#to, header.resources)
    this.#json(BlockKind.header, header)
  }

  #row(kind: number = BlockKind.rows): RowEncoder {
    const rows = this.#rows
    if (rows === undefined) throw new RangeError('A history begins with its header.')
    if (this.#to.length === 0) {
      this.#to.byte(kind)
      rows.begin()
    }
    return rows
  }

  #audit({ holds, ...audit }: AuditRecord): void {
    this.flush()
    for (const hold of holds) {
      this.#row(BlockKind.stored).stored(hold)
      if (this.#to.length >= BLOCK_BYTES) this.flush()
    }
    this.flush()
    this.#json(BlockKind.audit, audit)
  }

  #json(kind: number, value: object): void {
    this.#to.byte(kind)
    this.#to.bytes(Buffer.from(JSON.stringify(value)))
    this.flush()
  }
}
