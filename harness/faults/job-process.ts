/** A job of a run of faults, as the run sees it: given its cells, heard, stopped, killed if it is silent. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { signalProcess } from '../engines/local/process-identity.ts'
import type { CellReference, JobOrder, JobReport } from './job-messages.ts'

const JOB = fileURLToPath(new URL('./job.ts', import.meta.url))
/** A cell takes ten seconds, and half a minute where much goes wrong; engines take as long to start. */
const SILENT_MS_MAX = 5 * 60_000
/** To close its servers when the run is ended. */
const STOP_MS_MAX = 30_000

export interface JobParts {
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  /** What it reports, in order; if this rejects, the job is over. */
  readonly hear: (report: JobReport) => Promise<void>
}

export class JobProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #signal: AbortSignal
  readonly #over = Promise.withResolvers<void>()
  readonly #stop = (): void => {
    this.#send({ kind: 'stop' })
    this.#endAfter(STOP_MS_MAX)
  }
  #heard: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined

  constructor({ env, signal, hear }: JobParts) {
    this.#signal = signal
    this.#child = fork(JOB, {
      cwd: process.cwd(),
      env,
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
      // In a process group of its own, so that Ctrl-C reaches only the run, which tells it to stop.
      detached: true,
    })
    this.#over.promise.catch(() => undefined)
    this.#child.on('error', (error) => this.#over.reject(error))
    this.#child.on('message', (report: JobReport) => {
      if (!signal.aborted) this.#endAfter(SILENT_MS_MAX)
      this.#heard = hear(report)
      this.#heard.catch((error: unknown) => this.#over.reject(error))
      if (report.kind === 'over') this.#over.resolve()
    })
    // After the last message, however it has ended.
    this.#child.once('disconnect', () => {
      if (signal.aborted) this.#over.resolve()
      else this.#over.reject(new Error('a job has ended too early; what was run until then is saved'))
    })
  }

  /** Settles when all of these were run, or the job was told to stop. */
  async run(cells: readonly CellReference[], command: string): Promise<void> {
    if (this.#signal.aborted) return
    this.#signal.addEventListener('abort', this.#stop, { once: true })
    this.#endAfter(SILENT_MS_MAX)
    this.#send({ kind: 'run', cells, command })
    await this.#over.promise
    await this.#heard
  }

  /** What it has started ends with it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal.removeEventListener('abort', this.#stop)
    const isOver = (): boolean => this.#child.exitCode !== null || this.#child.signalCode !== null
    const ended = new Promise<void>((resolve) => {
      if (isOver() || this.#child.pid === undefined) resolve()
      this.#child.once('exit', () => resolve())
    })
    this.#endAfter(STOP_MS_MAX)
    if (this.#child.connected) this.#child.disconnect()
    await ended
    clearTimeout(this.#timer)
  }

  #send(order: JobOrder): void {
    // Its end is heard of by the listener.
    if (this.#child.connected) this.#child.send(order, () => undefined)
  }

  /** A killed job leaves its servers to the sweep that the next run begins with. */
  #endAfter(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      const { pid } = this.#child
      if (pid !== undefined) signalProcess(pid, 'SIGKILL')
    }, ms)
  }
}
