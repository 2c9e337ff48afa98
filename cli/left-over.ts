/** What a strategy may leave behind, such as a timer that its `close()` does not end, is not waited for. */
import type { Sink } from './output.ts'

/** Connections that close in order take less. */
const LEFT_MS_MAX = 3_000

/** Call it when a command has ended, and has awaited all that is its own. Does nothing if nothing is left. */
export function endWhatIsLeft(err: Sink): void {
  const end = (): void => {
    err.write('holdfast: something still runs, such as a timer that close() has left: it is ended\n')
    process.exit()
  }
  setTimeout(end, LEFT_MS_MAX).unref()
}
