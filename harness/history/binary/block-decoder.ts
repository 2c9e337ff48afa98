/** Turns blocks into the parts of a history, and checks their order. */
import type { ResourceId } from '../../../strategies/strategy.ts'
import { FieldError, isFields } from '../fields.ts'
import type { HistoryPart } from '../part.ts'
import type { HistoryHeader } from '../record.ts'
import { RecordChecker } from '../record-checker.ts'
import { HistoryFormatError } from '../validation.ts'
import { ByteReader } from './byte-reader.ts'
import { BlockKind } from './format.ts'
import { inBlock, jsonOf, RowDecoder, StoredDecoder } from './row-decoder.ts'

const AFTER_AUDIT = 'follows the audit, which must be the last record'

export class BlockDecoder {
  readonly #checker = new RecordChecker()
  #number = 0
  #records = 0
  #rows: RowDecoder | undefined
  #state: 'begin' | 'rows' | 'stored' | 'audited' | 'sealed' = 'begin'
  #format: unknown
  /** The ids of the header's resources, in its order. */
  resources: readonly ResourceId[] = []

  /** The number of the block that comes next. */
  get nextBlock(): number {
    return this.#number + 1
  }

  /** What a block holds; `undefined` for the seal. Throws a `HistoryFormatError` if it is malformed. */
  take(payload: Buffer): HistoryPart | undefined {
    this.#number++
    this.#countRows()
    try {
      return this.#part(payload)
    } catch (error) {
      throw inBlock({ number: this.#number }, error)
    }
  }

  /** Must be called after the last block. Throws a `HistoryFormatError` if header or seal are missing. */
  end(): void {
    if (this.#state === 'sealed' || (this.#state !== 'begin' && this.#format === 1)) return
    const what =
      this.#state === 'begin'
        ? 'has no header: the file is empty'
        : 'is the last one, and no seal: what came after it is lost'
    throw new HistoryFormatError(Math.max(1, this.#number), what, 'Block')
  }

  #part(payload: Buffer): HistoryPart | undefined {
    const kind = payload[0]
    if (this.#state === 'sealed') throw new FieldError('follows the seal, which must be the last block')
    if (this.#state === 'begin' && kind !== BlockKind.header) throw new FieldError('has no header before it')
    switch (kind) {
      case BlockKind.header:
        return this.#header(payload)
      case BlockKind.rows:
        if (this.#state !== 'rows') throw new FieldError(AFTER_AUDIT)
        this.#rows = new RowDecoder(this.#block(payload))
        return { kind: 'rows', rows: this.#rows }
      case BlockKind.stored:
        if (this.#state === 'audited') throw new FieldError(AFTER_AUDIT)
        this.#state = 'stored'
        return { kind: 'stored', holds: new StoredDecoder(this.#block(payload)) }
      case BlockKind.audit:
        return this.#audit(payload)
      case BlockKind.seal:
        this.#seal(payload)
        return undefined
      default:
        throw new FieldError(`is of no known kind: it is ${kind}`)
    }
  }

  #block(payload: Buffer) {
    return { number: this.#number, payload, from: 1, resourceCount: this.resources.length }
  }

  #header(payload: Buffer): HistoryPart {
    const record = this.#checker.check(jsonOf(payload.toString('utf8', 1)))
    if (record.type !== 'history') throw new FieldError('is no header')
    this.#state = 'rows'
    this.#records++
    this.#format = (record satisfies HistoryHeader).format
    this.resources = record.resources.map(({ id }) => id)
    return { kind: 'record', record }
  }

  #audit(payload: Buffer): HistoryPart {
    const value = jsonOf(payload.toString('utf8', 1))
    const record = this.#checker.check(isFields(value) ? { ...value, holds: [] } : value)
    if (record.type !== 'audit') throw new FieldError('is no audit')
    this.#state = 'audited'
    this.#records++
    const { holds: _none, ...audit } = record
    return { kind: 'audit', audit }
  }

  #seal(payload: Buffer): void {
    if (this.#state === 'stored') throw new FieldError('is a seal, but the audit before it is cut off')
    const sealed = new ByteReader(payload, 1).count()
    if (sealed !== this.#records) {
      throw new FieldError(`seals ${sealed} records, but there are ${this.#records}: some were lost or added`)
    }
    this.#state = 'sealed'
  }

  /** Counts the rows of the block before, also those that nobody has read. */
  #countRows(): void {
    const rows = this.#rows
    if (rows === undefined) return
    while (rows.next() !== undefined);
    this.#records += rows.count
    this.#rows = undefined
  }
}
