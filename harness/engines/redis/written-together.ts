/** One write for the commands of one moment; and, if it is asked for, answers that followers stand for. */
import { Command, Redis } from 'ioredis'

type SendCommand = Redis['sendCommand']

/** For followers to have what was written. */
const WAIT_MS = 1_000
/** Commands of the library itself when it connects. */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set(['auth', 'client', 'hello', 'info', 'select', 'wait'])

/**
 * A client that hands everything that was sent in one turn of the event loop to the system at once. The
 * library writes each command by itself, and with many callers on one connection that is a third of what
 * this process spends on Redis. Order, answers and errors of the commands stay as they are, and nothing
 * waits: what was sent is written before the process does anything else.
 */
export class WritingTogether extends Redis {
  /** Each command is followed by WAIT for so many; an answer without them is an error. */
  followers = 0

  override sendCommand(...sent: Parameters<SendCommand>): ReturnType<SendCommand> {
    const { stream } = this
    // Absent before it connects, whatever its type says.
    if (stream?.writable && stream.writableCorked === 0) {
      stream.cork()
      process.nextTick(() => stream.uncork())
    }
    const answer = super.sendCommand(...sent)
    const [{ name }] = sent
    if (this.followers === 0 || OF_THE_CONNECTION.has(name)) return answer
    return this.#whenFollowed(answer as Promise<unknown>)
  }

  async #whenFollowed(answer: Promise<unknown>): Promise<unknown> {
    const waits = super.sendCommand(new Command('wait', [this.followers, WAIT_MS])) as Promise<unknown>
    const [{ status, ...answered }, waited] = await Promise.allSettled([answer, waits])
    if (status === 'rejected') throw (answered as { readonly reason?: unknown }).reason
    if (waited.status === 'rejected') throw waited.reason
    if (Number(waited.value) < this.followers)
      throw new Error(`fewer than ${this.followers} followers had it within ${WAIT_MS} ms`)
    return (answered as { readonly value?: unknown }).value
  }
}
