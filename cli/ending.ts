/** Ends a run on a signal: gracefully on the first, immediately on the second. */
import { type EndingSignal, EXIT_BY_SIGNAL } from './exit-codes.ts'

/**
 * One press of Ctrl-C can arrive several times: from the terminal, and forwarded by npm or by the starter.
 * Signals this soon after the first are the same request.
 */
const SAME_REQUEST_MS = 1000

export interface Ending extends Disposable {
  readonly signal: AbortSignal
  /** The signal that ended the run, if any. */
  cause(): EndingSignal | undefined
}

export function listenForEnding(onFirst: (signal: EndingSignal) => void): Ending {
  const controller = new AbortController()
  let first: { readonly signal: EndingSignal; readonly atMs: number } | undefined
  const listener = (signal: NodeJS.Signals): void => {
    if (!isEnding(signal)) return
    if (first === undefined) {
      first = { signal, atMs: performance.now() }
      onFirst(signal)
      controller.abort(new Error(`ended by ${signal}`))
    } else if (performance.now() - first.atMs > SAME_REQUEST_MS) {
      process.exit(EXIT_BY_SIGNAL[signal])
    }
  }
  for (const signal of Object.keys(EXIT_BY_SIGNAL)) process.on(signal, listener)
  return {
    signal: controller.signal,
    cause: () => first?.signal,
    [Symbol.dispose]() {
      for (const signal of Object.keys(EXIT_BY_SIGNAL)) process.off(signal, listener)
    },
  }
}

function isEnding(signal: string): signal is EndingSignal {
  return Object.hasOwn(EXIT_BY_SIGNAL, signal)
}
