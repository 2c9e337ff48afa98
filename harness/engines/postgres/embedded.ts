/** Starts a PostgreSQL server for this run, and makes sure that it ends with the run. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Durability } from '../engine.ts'
import { EngineError } from '../engine-error.ts'
import { type CacheHome, openCacheHome } from '../local/cache-home.ts'
import { discardFolder } from '../local/kept-folder.ts'
import { perishWithProcess } from '../local/lifetime.ts'
import { clearKilledRuns, fileSystemOf } from '../local/run-folder.ts'
import {
  endStaleServers,
  LOCALHOST,
  openRunFolder,
  ServerGroup,
  type ServerKind,
  ServerProcess,
  throwIfAborted,
} from '../local/server-process.ts'
import { locatePostgresBinaries, type PostgresBinaries, runnableBinaries } from './binaries.ts'
import { serverArguments } from './settings.ts'
import type { ReplicatedServers } from './standby.ts'
import {
  copyTemplate,
  lastSentences,
  openTemplate,
  SERVER_DATABASE,
  SERVER_ROLE,
  templateFolder,
} from './template.ts'

export interface EmbeddedPostgres extends AsyncDisposable {
  readonly runId: string
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  /** The template's password, which each run replaces with its own. */
  readonly firstPassword: string
  /** The type of the file system that holds the data. */
  readonly storage: string
  readonly pid: number
  readonly servers: ReplicatedServers<RunningServer>
}

export const POSTGRES: ServerKind = {
  engine: 'postgres',
  title: 'PostgreSQL',
  otherWay: 'export POSTGRES_URL=postgres://user:password@host:5432/database',
  space: '1 GB',
  // SIGTERM would wait for every client to leave first.
  politeSignal: 'SIGINT',
  // Its sessions end with it. After SIGKILL, a paused one would remain.
  endingSignal: 'SIGQUIT',
}

interface EmbeddedOptions {
  readonly durability: Durability
  readonly env: NodeJS.ProcessEnv
  readonly log: (line: string) => void
  /** Whether servers of killed runs are ended and their folders removed first. */
  readonly sweeps: boolean
  readonly signal: AbortSignal | undefined
}

export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { signal, log } = options
  const installed = locatePostgresBinaries()
  const home = openCacheHome('postgres', options.env)
  if (options.sweeps) await clearKilledRuns(home, 'postgres', endStaleServers, log)
  const binaries = await runnableBinaries(installed, home, log)
  throwIfAborted(POSTGRES, signal)
  try {
    return await startFromTemplate(binaries, home, options)
  } catch (error) {
    // In that case the record is right but the contents are wrong: the stored programs were damaged, and so
    // is what they created.
    if (!(error instanceof EngineError) || error.problem !== 'start-failed' || signal?.aborted) throw error
    log(`postgres: making programs and template again, because: ${error.message}`)
    await discardFolder(templateFolder(binaries, home))
    if (binaries.folder !== installed.folder) await discardFolder(binaries.folder)
    return await startFromTemplate(await runnableBinaries(installed, home, log), home, options)
  }
}

async function startFromTemplate(
  binaries: PostgresBinaries,
  home: CacheHome,
  { durability, log, signal }: EmbeddedOptions,
): Promise<EmbeddedPostgres> {
  const template = await openTemplate(binaries, home, log)
  const run = await openRunFolder(home, POSTGRES)
  const group = new ServerGroup<RunningServer>({ engine: 'postgres', run, log })
  const forget = perishWithProcess(group)
  const end = async (): Promise<void> => {
    await group.stop()
    forget()
  }
  const name = `holdfast-${run.runId}`
  const another = (): RunningServer => {
    const folder = group.nextFolder()
    const server = new RunningServer({ binaries, durability, home, folder, name, log })
    group.servers = [...group.servers, server]
    return server
  }
  const server = another()
  try {
    throwIfAborted(POSTGRES, signal)
    await copyTemplate(template, server.folder, home)
    await server.startFirst(signal)
    return {
      runId: run.runId,
      host: LOCALHOST,
      port: server.port,
      user: SERVER_ROLE,
      database: SERVER_DATABASE,
      firstPassword: template.password,
      storage: await fileSystemOf(run.path),
      pid: server.pid,
      servers: { server, home, another, discard: (other) => group.discard(other) },
      [Symbol.asyncDispose]: end,
    }
  } catch (error) {
    await end()
    throwIfAborted(POSTGRES, signal)
    throw error
  }
}

/** Its working folder is its data folder. */
class RunningServer extends ServerProcess {
  readonly #program: string
  readonly #arguments: readonly string[]

  constructor(own: {
    readonly binaries: PostgresBinaries
    readonly durability: Durability
    readonly home: CacheHome
    readonly folder: string
    readonly name: string
    readonly log: (line: string) => void
  }) {
    super({ ...own, kind: POSTGRES })
    this.#program = join(own.binaries.folder, 'bin', 'postgres')
    const named = ['-c', `cluster_name=${own.name}`]
    this.#arguments = ['-D', own.folder, ...named, ...serverArguments(own.durability)]
  }

  startFirst(signal: AbortSignal | undefined): Promise<void> {
    return this.startOnFreePort(signal)
  }

  protected override command() {
    return { path: this.#program, arguments: [...this.#arguments, '-p', String(this.port)] }
  }

  /** Its lock file names the process that owns it, and on the eighth line the state of its startup. */
  protected override async answers(): Promise<boolean> {
    try {
      const lines = readFileSync(join(this.folder, 'postmaster.pid'), 'utf8').split('\n')
      return Number(lines[0]) === this.pid && lines[7]?.trim() === 'ready'
    } catch {
      return false
    }
  }

  protected override foundPortTaken(said: string): boolean {
    return /could not bind|could not create any TCP\/IP sockets/i.test(said)
  }

  protected override complaint(printed: string): string {
    return lastSentences(printed)
  }
}
