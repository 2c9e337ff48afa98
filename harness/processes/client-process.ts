/**
 * A process of an application, as the run sees it: it carries out calls, and can be killed, stopped,
 * continued and started again by real signals. A call that it did not answer rejects: nobody knows what
 * became of it.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ResourceId } from '../../strategies/strategy.ts'
import { perishWithProcess } from '../engines/local/lifetime.ts'
import { signalProcess } from '../engines/local/process-identity.ts'
import { within } from '../within.ts'
import type { ClientCall, ClientCalls, ClientJob, ClientOrder, ClientReport } from './client-messages.ts'
import { OPEN_DEADLINE_MS } from './playing-process.ts'

const CLIENT = fileURLToPath(new URL('./client.ts', import.meta.url))
/** To close its connections and exit; after that it is killed. */
const CLOSE_DEADLINE_MS = 5_000
const EXIT_DEADLINE_MS = 10_000
/** Continues a process that is stopped when its input ends, also because the run is gone. */
const GUARD = 'read _; kill -CONT "$1"'

interface Pending extends PromiseWithResolvers<unknown> {
  /** The resources of a hold; empty for other calls. */
  readonly wanted: readonly ResourceId[]
}

export class ClientProcess implements AsyncDisposable {
  readonly #job: ClientJob
  readonly #pending = new Map<number, Pending>()
  readonly #forget: () => void
  #child: ChildProcess | undefined
  #exited: Promise<unknown> = Promise.resolve()
  #isServing: boolean = false
  #numbers = 0
  #within = 0
  #whenStopped = { calls: 0, within: 0 }
  #guard: ChildProcess | undefined
  /** Called when it has sent a batch of so many callers. */
  onBatch: (callers: number) => void = () => undefined

  private constructor(job: ClientJob) {
    this.#job = job
    this.#forget = perishWithProcess({ stopNow: () => this.#signal('SIGKILL') })
  }

  /** Rejects, with nothing left behind, if it cannot open the strategy. */
  static async open(job: ClientJob): Promise<ClientProcess> {
    const process = new ClientProcess(job)
    try {
      await process.start()
    } catch (error) {
      await process[Symbol.asyncDispose]()
      throw error
    }
    return process
  }

  /** Whether it runs, and is not stopped. */
  isServing(): boolean {
    return this.#isServing
  }

  /** Calls that it has not answered. */
  underWay(): number {
    return this.#pending.size
  }

  /** The resources of holds that it has not answered. */
  wanted(): readonly ResourceId[] {
    return [...this.#pending.values()].flatMap(({ wanted }) => wanted)
  }

  /** Calls that are between their read and their write, as far as it has said. */
  within(): number {
    return this.#within
  }

  async call<Name extends keyof ClientCalls>(
    name: Name,
    asked: ClientCalls[Name]['asked'],
  ): Promise<ClientCalls[Name]['answer']> {
    if (!this.#isServing) throw new Error('the process is not there')
    const number = ++this.#numbers
    const call = { name, asked } as ClientCall
    const wanted = call.name === 'hold' ? call.asked.lines.map(({ resourceId }) => resourceId) : []
    const pending: Pending = { ...Promise.withResolvers(), wanted }
    this.#pending.set(number, pending)
    this.#send({ kind: 'call', number, call })
    return (await pending.promise) as ClientCalls[Name]['answer']
  }

  /** Another process in its place. */
  async start(): Promise<void> {
    const child = fork(CLIENT, {
      cwd: process.cwd(),
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
      // In a process group of its own, so that Ctrl-C reaches only the run.
      detached: true,
    })
    const opened = Promise.withResolvers<void>()
    child.on('message', (report: ClientReport) => this.#hear(report, opened))
    child.on('error', () => undefined)
    this.#child = child
    this.#exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#over(`the process has ended (${signal ?? `exit code ${code}`})`)
        opened.reject(new Error('a process of the application ended before it was ready'))
        resolve(undefined)
      })
    })
    this.#send({ kind: 'open', job: this.#job })
    await within(OPEN_DEADLINE_MS, opened.promise)
    this.#isServing = true
  }

  /** `kill -9`. Returns how many calls it had not answered. */
  async kill(): Promise<number> {
    this.#isServing = false
    this.#signal('SIGKILL')
    let lost = 0
    this.#onOver = (calls) => {
      lost = calls
    }
    await within(EXIT_DEADLINE_MS, this.#exited)
    return lost
  }

  /** What was under way at the latest stop, and did not go on meanwhile. */
  whenStopped(): { readonly calls: number; readonly within: number } {
    return this.#whenStopped
  }

  /** `kill -STOP`. It is continued when the run is gone, whatever has ended that. */
  stop(): void {
    this.#isServing = false
    this.#signal('SIGSTOP')
    const { pid } = this.#child ?? {}
    if (pid === undefined) return
    this.#guard = spawn('sh', ['-c', GUARD, 'sh', String(pid)], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    })
    this.#guard.on('error', () => undefined)
    this.#guard.stdin?.on('error', () => undefined)
  }

  /** `kill -CONT`. */
  async goOn(): Promise<void> {
    const guard = this.#guard
    // Whatever it had said before it stood still has arrived long ago.
    this.#whenStopped = { calls: this.#pending.size, within: this.#within }
    this.#guard = undefined
    this.#signal('SIGCONT')
    if (guard !== undefined && guard.exitCode === null) {
      const ended = once(guard, 'exit')
      guard.stdin?.end()
      await within(EXIT_DEADLINE_MS, ended)
    }
    this.#isServing = this.#child?.exitCode === null && this.#child.signalCode === null
  }

  /** Asked to end, whatever is under way. Returns how many calls it had not answered. */
  async close(): Promise<number> {
    this.#isServing = false
    let lost = 0
    this.#onOver = (calls) => {
      lost = calls
    }
    this.#send({ kind: 'close' })
    const timer = setTimeout(() => this.#signal('SIGKILL'), CLOSE_DEADLINE_MS)
    await within(CLOSE_DEADLINE_MS + EXIT_DEADLINE_MS, this.#exited).finally(() => clearTimeout(timer))
    return lost
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#guard !== undefined) await this.goOn()
    await this.close()
    this.#forget()
  }

  #onOver: (calls: number) => void = () => undefined

  #hear(report: ClientReport, opened: PromiseWithResolvers<void>): void {
    switch (report.kind) {
      case 'opened':
        opened.resolve()
        return
      case 'failed':
        opened.reject(new Error(report.why))
        return
      case 'within':
        this.#within = report.calls
        return
      case 'batch':
        this.onBatch(report.callers)
        return
      case 'answered':
        this.#pending.get(report.number)?.resolve(report.answer)
        this.#pending.delete(report.number)
        return
      case 'threw':
        this.#pending.get(report.number)?.reject(new Error(report.why))
        this.#pending.delete(report.number)
    }
  }

  #over(why: string): void {
    this.#isServing = false
    this.#within = 0
    this.#onOver(this.#pending.size)
    this.#onOver = () => undefined
    for (const { reject } of this.#pending.values()) reject(new Error(why))
    this.#pending.clear()
  }

  #send(order: ClientOrder): void {
    // An exit is handled by its listener.
    if (this.#child?.connected) this.#child.send(order, () => undefined)
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid, exitCode, signalCode } = this.#child ?? {}
    if (pid !== undefined && exitCode === null && signalCode === null) signalProcess(pid, signal)
  }
}
