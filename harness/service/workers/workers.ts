/** Starts and ends the processes that serve one port. Connections are distributed in turn. */
import cluster from 'node:cluster'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { perishWithProcess } from '../../engines/local/lifetime.ts'
import type { ServiceLog } from '../log.ts'
import { type MetricsSnapshot, type ServiceMetrics, summedMetrics } from '../metrics.ts'
import type { StoreReader } from '../store-reader.ts'
import type { OwnersAnswer, WorkerFigures, WorkerJob, WorkerQuestion } from './messages.ts'
import { NEW_SPACE_FLAGS } from './new-space.ts'
import { ServingProcess } from './serving-process.ts'
import { Supervisor } from './supervisor.ts'

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url))
const FIGURES_DEADLINE_MS = 10_000
/** Readers of metrics do not wait long; a worker that is too busy is left out. */
const SNAPSHOT_DEADLINE_MS = 2_000

export interface Workers extends AsyncDisposable {
  readonly address: string
  readonly failed: AbortSignal
  /** Of the workers that serve now. */
  figures(): Promise<readonly WorkerFigures[]>
}

export interface WorkersOrder {
  readonly count: number
  readonly job: WorkerJob
  readonly store: StoreReader
  /** The figures of the process that owns the service. */
  readonly metrics: ServiceMetrics
  readonly log: ServiceLog
}

/** Rejects, after ending every process, if one of them cannot serve. */
export async function startWorkers({ count, job, store, metrics, log }: WorkersOrder): Promise<Workers> {
  // The serialization that can send sets between processes.
  cluster.setupPrimary({
    exec: WORKER,
    serialization: 'advanced',
    execArgv: [...process.execArgv, ...NEW_SPACE_FLAGS],
  })
  const placed = { ...job, port: job.port === 0 ? await freePort(job.host) : job.port }
  let address = ''

  async function snapshots(): Promise<readonly MetricsSnapshot[]> {
    const asked = supervisor
      .serving()
      .map((each) => each.ask({ kind: 'snapshot' }, 'snapshot', SNAPSHOT_DEADLINE_MS))
    const told = await Promise.allSettled(asked)
    return told.flatMap((each) => (each.status === 'fulfilled' ? [each.value.snapshot] : []))
  }

  function answer(question: WorkerQuestion): Promise<OwnersAnswer> {
    switch (question.kind) {
      case 'sold':
        return store.sold(question.resources)
      case 'status':
        return store.status(question.id)
      case 'metrics':
        return all()
    }
  }

  async function all(): Promise<string> {
    const told = await snapshots()
    metrics.workers({ serving: told.length, restarts: supervisor.restarts })
    return summedMetrics([await metrics.snapshot(), ...told])
  }

  await using undo = new AsyncDisposableStack()
  const supervisor = undo.use(
    new Supervisor({
      fork: () => new ServingProcess(answer),
      open: async (process) => {
        address = await process.open(placed)
      },
      log,
    }),
  )
  undo.defer(perishWithProcess({ stopNow: () => supervisor.killAllNow() }))
  await supervisor.start(count)
  const owned = undo.move()
  return {
    address,
    failed: supervisor.failed,
    async figures() {
      const told = await Promise.all(
        supervisor.serving().map((each) => each.ask({ kind: 'figures' }, 'figures', FIGURES_DEADLINE_MS)),
      )
      return told.map(({ figures }) => figures)
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/**
 * Reserved only briefly. If workers asked for any free port themselves, they would get another one after all
 * of them have ended, and clients would not find them.
 */
async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error(`${host} gave no port`)
  return address.port
}
