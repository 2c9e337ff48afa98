/** The containers of one run: one label, one watchdog, one end. */
import { type ChildProcess, spawn } from 'node:child_process'
import { lookup } from 'node:dns/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ContainerRuntimeClient, GenericContainer, WaitStrategy } from 'testcontainers'
import type { EngineName } from '../../../strategies/strategy.ts'
import { EngineError, reasonOf } from '../engine-error.ts'
import { perishWithProcess } from '../local/lifetime.ts'
import { identityOfThisProcess } from '../local/process-identity.ts'
import { newRunId } from '../local/run-folder.ts'
import type { ContainerImage } from './images.ts'
import { listed, OWNER_LABEL, RUN_LABEL, removeRun, saidBy, within } from './runtime.ts'

/** Where a server in a container can be reached from this host: an IP address and a port. */
export interface ContainerAddress {
  readonly host: string
  readonly port: number
}

/** How a container is started, and how to tell that it is ready. */
export interface Wanted {
  readonly engine: EngineName
  /** Its name in a sentence. */
  readonly title: string
  readonly image: ContainerImage
  readonly container: GenericContainer
  /** Inside the container. */
  readonly port: number
  /** Whether the server answers, with its own deadline; `printed` is its recent output. */
  isReady(address: ContainerAddress, printed: () => Promise<string>): Promise<boolean>
}

type Handle = ReturnType<ContainerRuntimeClient['container']['getById']>

/** From the start of a container to its server's answer: a second or two; more on a loaded machine. */
const START_DEADLINE_MS = 90_000
const START_POLL_MS = 50
/** Time limit for the daemon to describe a container, or to return its last lines. */
const ANSWER_DEADLINE_MS = 10_000
/** Time limit for removing all of them at the end. */
const REMOVE_DEADLINE_MS = 60_000
const TAIL_LINES = 40
const WATCHDOG = fileURLToPath(new URL('./watchdog.ts', import.meta.url))

export class ContainerGroup implements AsyncDisposable {
  readonly #client: ContainerRuntimeClient
  readonly #log: (line: string) => void
  readonly #signal: AbortSignal | undefined
  readonly #runId = newRunId()
  readonly #watchdog: ChildProcess
  readonly #forget: () => void
  #closing: Promise<void> | undefined

  constructor(own: {
    readonly client: ContainerRuntimeClient
    readonly log: (line: string) => void
    readonly signal: AbortSignal | undefined
  }) {
    this.#client = own.client
    this.#log = own.log
    this.#signal = own.signal
    this.#watchdog = spawnWatchdog(this.#runId)
    this.#forget = perishWithProcess({
      // Removal needs the daemon and takes time: at an exit that cannot wait, the watchdog does it.
      stopNow: () => undefined,
      takeBack: () => this[Symbol.asyncDispose](),
    })
  }

  /**
   * Starts one, and waits until its server answers. Throws an `EngineError` that says what happened to it.
   */
  async start(wanted: Wanted): Promise<ContainerAddress> {
    const { engine, image, container } = wanted
    let address: ContainerAddress | undefined
    try {
      const started = await container
        .withLabels({ [RUN_LABEL]: this.#runId, [OWNER_LABEL]: JSON.stringify(identityOfThisProcess()) })
        // We remove containers ourselves: the library's reaper is another image, which must come from a
        // registry.
        .withAutoCleanup(false)
        .withWaitStrategy(
          untilReady(async (handle) => {
            address = await this.#addressOf(handle, wanted.port)
            return address !== undefined && (await wanted.isReady(address, () => tailOf(handle, TAIL_LINES)))
          }, this.#signal),
        )
        .start()
      if (address === undefined) throw new Error('it has no address')
      this.#watch(started.getId(), wanted)
      return address
    } catch (error) {
      const why = (await this.#endOfDead().catch(() => undefined)) ?? saidBy(error)
      throw new EngineError({
        engine,
        problem: this.#signal?.aborted ? 'aborted' : 'start-failed',
        message: `No ${wanted.title} server came up in a container of ${image.name}: ${why}.`,
        remedy: `export ${image.variable}=<an image of ${wanted.title}>`,
        cause: error,
      })
    }
  }

  /**
   * How a container ended that ended at once: the library would wait for its ports in vain, and complain
   * about those.
   */
  async #endOfDead(): Promise<string | undefined> {
    const [dead] = await listed(this.#client, `${RUN_LABEL}=${this.#runId}`, 'exited')
    return dead && (await endOf(this.#client.container.getById(dead.Id)))
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const isClean = await within(REMOVE_DEADLINE_MS, removeRun(this.#client, this.#runId)).catch(() => false)
    if (!isClean) this.#log('some containers could not be removed and are left to the next run')
    // A line, not only the end of the pipe, tells the watchdog that nothing is left to do.
    this.#watchdog.stdin?.end('stopped\n')
    this.#forget()
  }

  /**
   * A container that ends by itself takes its engine with it: reported once, immediately, with its last
   * output.
   */
  #watch(id: string, { engine, image }: Wanted): void {
    const handle = this.#client.container.getById(id)
    handle.wait().then(
      async (ended: { readonly StatusCode?: number }) => {
        if (this.#closing !== undefined) return
        const said = await lastWords(handle)
        this.#log(
          `${engine}: its container (${image.name}) ended by itself, exit code ${ended.StatusCode}: ${said}`,
        )
      },
      (error: unknown) => {
        if (this.#closing !== undefined) return
        this.#log(`${engine}: its container (${image.name}) is out of reach: ${reasonOf(error)}`)
      },
    )
  }

  /** As an IP address, which every client accepts, and with the port's binding for that address. */
  async #addressOf(handle: Handle, inside: number): Promise<ContainerAddress | undefined> {
    const { NetworkSettings: network } = await handle.inspect()
    const bindings = network.Ports[`${inside}/tcp`] ?? []
    const binding = bindings.find(({ HostIp: ip }) => !ip.includes(':')) ?? bindings[0]
    if (binding === undefined) return undefined
    const { host } = this.#client.info.containerRuntime
    const { address } = await lookup(host, { family: 4 })
    return { host: address, port: Number(binding.HostPort) }
  }
}

/** Notices a container that has ended; a wait for a port or a log line would only notice at its deadline. */
function untilReady(
  isReady: (handle: Handle) => Promise<boolean>,
  signal: AbortSignal | undefined,
): WaitStrategy {
  const strategy: WaitStrategy = {
    withStartupTimeout: () => strategy,
    isStartupTimeoutSet: () => true,
    getStartupTimeout: () => START_DEADLINE_MS,
    async waitUntilReady(handle) {
      const endMs = performance.now() + START_DEADLINE_MS
      while (performance.now() < endMs) {
        if (signal?.aborted) throw new Error('it was given up on request')
        const { State: state } = await within(ANSWER_DEADLINE_MS, handle.inspect())
        if (!state.Running) throw new Error(await endOf(handle))
        if (await within(ANSWER_DEADLINE_MS, isReady(handle)).catch(() => false)) return
        await delay(START_POLL_MS)
      }
      throw new Error(
        `it was not ready after ${START_DEADLINE_MS / 1_000} s (it last said: ${await lastWords(handle)})`,
      )
    },
  }
  return strategy
}

async function endOf(handle: Handle): Promise<string> {
  const { State: state } = await within(ANSWER_DEADLINE_MS, handle.inspect())
  return `it ended with exit code ${state.ExitCode} (${await lastWords(handle)})`
}

async function lastWords(handle: Handle): Promise<string> {
  const printed = await tailOf(handle, TAIL_LINES).catch(() => '')
  const lines = printed.split('\n').filter((line) => line.trim() !== '')
  const complaint = lines.findLast((line) => /error|fatal|panic|not found|could not|must/i.test(line))
  return (complaint ?? lines.at(-1) ?? 'it printed nothing').trim().replace(/[.\s]+$/, '')
}

async function tailOf(handle: Handle, lines: number): Promise<string> {
  const printed = await within(
    ANSWER_DEADLINE_MS,
    handle.logs({ stdout: true, stderr: true, follow: false, tail: lines }),
  )
  return unframed(printed)
}

/**
 * The daemon sends both streams in one: frames of eight bytes, of which the last four
 * are a length, and the text.
 */
function unframed(printed: Buffer): string {
  const HEADER_BYTES = 8
  let text = ''
  for (let at = 0; at + HEADER_BYTES <= printed.length; ) {
    const length = printed.readUInt32BE(at + 4)
    text += printed.toString('utf8', at + HEADER_BYTES, at + HEADER_BYTES + length)
    at += HEADER_BYTES + length
  }
  return text
}

function spawnWatchdog(runId: string): ChildProcess {
  const watchdog = spawn(process.execPath, [WATCHDOG, runId], {
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  watchdog.on('error', () => undefined)
  watchdog.stdin?.on('error', () => undefined)
  watchdog.unref()
  return watchdog
}
