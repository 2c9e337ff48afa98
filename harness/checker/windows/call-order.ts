/**
 * Whether each caller waits for its answer before it calls again, as far as the order of the records shows
 * it.
 */
import { doubleAt } from '../at.ts'

/** More callers are not followed. */
const CLIENTS_MAX = 2 ** 24
const INITIAL_CLIENTS = 1_024
/** Invocations are rounded down and returns up. */
const TOUCH_US = 1

export class CallOrder {
  #invokedUs = new Float64Array(INITIAL_CLIENTS).fill(Number.NEGATIVE_INFINITY)
  #returnedUs = new Float64Array(INITIAL_CLIENTS).fill(Number.NEGATIVE_INFINITY)

  /** False if this call of a caller may overlap another one, may be the same, or cannot be told. */
  isApart(client: number, invokedUs: number, returnedUs: number): boolean {
    if (client >= this.#invokedUs.length && !this.#grow(client)) return false
    const [beganUs, endedUs] = [doubleAt(this.#invokedUs, client), doubleAt(this.#returnedUs, client)]
    this.#invokedUs[client] = invokedUs
    this.#returnedUs[client] = returnedUs
    return invokedUs >= endedUs - TOUCH_US && !(invokedUs === beganUs && returnedUs === endedUs)
  }

  #grow(client: number): boolean {
    if (client >= CLIENTS_MAX) return false
    const size = 2 ** Math.ceil(Math.log2(client + 1))
    const [invokedUs, returnedUs] = [new Float64Array(size), new Float64Array(size)]
    invokedUs.fill(Number.NEGATIVE_INFINITY).set(this.#invokedUs)
    returnedUs.fill(Number.NEGATIVE_INFINITY).set(this.#returnedUs)
    this.#invokedUs = invokedUs
    this.#returnedUs = returnedUs
    return true
  }
}
