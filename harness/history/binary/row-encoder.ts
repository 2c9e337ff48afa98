/** Operations, readings of the clock and stored holds as rows of a block. */
import type { StoredHold } from '../../../strategies/ledgers/ledger.ts'
import type { HoldId, ResourceId } from '../../../strategies/strategy.ts'
import { answerCodeOf, STATUSES } from '../answer-code.ts'
import type { AvailabilityOperation, ClockRecord, HoldOperation, LineRecord, Operation } from '../record.ts'
import type { ByteWriter } from './byte-writer.ts'
import { CLOCK_ROW, REASONS, VERSIONED } from './format.ts'

/** So many callers are told apart; more share a place. */
const CALLERS = 1_024

export class RowEncoder {
  readonly #to: ByteWriter
  readonly #resources: ReadonlyMap<string, number>
  /**
   * By caller, the id that it named last in this block, and its number. A caller mostly ends the hold that it
   * has just got, so that looking for other ids would take longer than it would save.
   */
  readonly #lastId = new Array<string>(CALLERS).fill('')
  readonly #lastNumber = new Uint32Array(CALLERS)
  #idCount = 0
  #lastUs = 0

  /** Resources are written as their places in the header. */
  constructor(to: ByteWriter, resources: readonly { readonly id: ResourceId }[]) {
    this.#to = to
    this.#resources = new Map(resources.map(({ id }, at) => [id, at]))
  }

  /** Must be called when a new block begins: no block refers to another. */
  begin(): void {
    this.#lastId.fill('')
    this.#idCount = 0
    this.#lastUs = 0
  }

  clock({ readUs, offsetMs, errorMs }: ClockRecord): void {
    this.#to.byte(CLOCK_ROW)
    this.#to.near(readUs, this.#lastUs)
    this.#to.number(offsetMs)
    this.#to.number(errorMs)
  }

  stored({ id, status, lines, deadlineMs }: StoredHold): void {
    this.#to.byte(STATUSES.indexOf(status))
    this.#id(id, 0)
    this.#lines(lines)
    this.#to.double(deadlineMs)
  }

  operation(operation: Operation): void {
    switch (operation.op) {
      case 'hold':
        this.#hold(operation)
        break
      case 'confirm':
      case 'release':
        this.#begin(answerCodeOf(operation), operation)
        this.#id(operation.holdId, operation.process)
        break
      case 'availability':
        this.#read(operation)
        break
      default:
        throw new Error(`no such operation: ${JSON.stringify(operation satisfies never)}`)
    }
    if (operation.result === 'info') this.#error(operation.error)
  }

  #begin(code: number, { process, invokedUs, returnedUs }: Operation): void {
    const to = this.#to
    to.byte(code)
    to.count(process)
    to.near(invokedUs, this.#lastUs)
    to.near(returnedUs, invokedUs)
    this.#lastUs = invokedUs
  }

  #hold(hold: HoldOperation): void {
    const to = this.#to
    const versions = hold.result === 'ok' ? hold.versions : undefined
    this.#begin(answerCodeOf(hold) | (versions === undefined ? 0 : VERSIONED), hold)
    this.#id(hold.holdId, hold.process)
    this.#lines(hold.lines)
    to.number(hold.ttlMs)
    if (hold.result === 'ok') {
      to.double(hold.deadlineMs)
      to.number(hold.attempts)
      if (versions !== undefined) for (const version of versions) to.number(version)
    } else if (hold.result === 'fail' && hold.why === 'sold-out') {
      to.count(this.#resource(hold.resourceId))
      to.number(hold.attempts)
    } else if (hold.result === 'fail' && hold.why === 'contended') {
      to.count(REASONS.indexOf(hold.reason))
      to.number(hold.attempts)
    }
  }

  #read(read: AvailabilityOperation): void {
    this.#begin(answerCodeOf(read), read)
    if (read.result === 'ok') this.#lines(read.available)
  }

  #lines(lines: readonly LineRecord[]): void {
    this.#to.count(lines.length)
    for (const [id, units] of lines) {
      this.#to.count(this.#resource(id))
      this.#to.number(units)
    }
  }

  #resource(id: ResourceId): number {
    const place = this.#resources.get(id)
    if (place === undefined) throw new RangeError(`The header does not name the resource ${id}.`)
    return place
  }

  /** The number of an id that came before in this block, from 1; or 0 and the id. */
  #id(id: HoldId, process: number): void {
    const place = process % CALLERS
    if (this.#lastId[place] === id) {
      this.#to.count(this.#lastNumber[place] ?? 0)
      return
    }
    this.#lastId[place] = id
    this.#lastNumber[place] = ++this.#idCount
    this.#to.byte(0)
    this.#to.text(id)
  }

  /** As JSON, since an error may be any text, even one that is not well-formed. */
  #error(error: string): void {
    this.#to.text(JSON.stringify(error))
  }
}
