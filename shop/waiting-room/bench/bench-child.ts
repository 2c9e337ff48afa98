/** A process of the benchmark, from the side that orders it about. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { within } from '../../../harness/within.ts'
import type { FromBench, ToBench } from './messages.ts'

const STEP_DEADLINE_MS = 300_000
const CLOSE_DEADLINE_MS = 20_000

export class BenchProcess implements AsyncDisposable {
  readonly #child: ChildProcess

  /** `flags`: of Node. */
  constructor(flags: readonly string[] = []) {
    this.#child = fork(new URL('./bench-process.ts', import.meta.url), {
      serialization: 'advanced',
      execArgv: ['--expose-gc', ...flags],
    })
    this.#child.on('error', () => undefined)
  }

  async ask<Kind extends FromBench['kind']>(
    message: ToBench & { kind: Kind },
  ): Promise<Extract<FromBench, { kind: Kind }>> {
    const done = new AbortController()
    const { signal } = done
    const answered = once(this.#child, 'message', { signal }).then(([answer]) => answer as FromBench)
    const ended = once(this.#child, 'exit', { signal }).then((): never => {
      throw new Error('a process of the benchmark ended')
    })
    ended.catch(() => undefined)
    this.#child.send(message)
    try {
      const answer = await within(STEP_DEADLINE_MS, Promise.race([answered, ended]))
      if (answer.kind === 'failed') throw new Error(answer.why)
      return answer as Extract<FromBench, { kind: Kind }>
    } finally {
      done.abort()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.send({ kind: 'close' } satisfies ToBench, () => undefined)
    const isOver = new AbortController()
    await Promise.race([
      ended,
      delay(CLOSE_DEADLINE_MS, undefined, { signal: isOver.signal }).catch(() => undefined),
    ])
    isOver.abort()
    this.#child.kill('SIGKILL')
  }
}
