/**
 * One of several processes that answer for one service behind one port, each with a strategy and connections
 * of its own. What is read past the strategy is asked of the process that owns the service.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { codeOf } from '../engines/engine-error.ts'
import { entryOf } from '../entries/strategy-reference.ts'
import { reasonOf } from '../errors.ts'
import { attach } from '../ground/attachment.ts'
import { closeInTime } from './drain.ts'
import { ServiceMetrics } from './metrics.ts'
import { createService } from './service.ts'
import type { SoldAnswer, StatusAnswer, StoreReader } from './store-reader.ts'
import type { FromWorker, ToWorker, WorkerFigures, WorkerJob } from './worker-messages.ts'

/** A read of the store that takes longer is given up; its asker is told so. */
const READ_DEADLINE_MS = 60_000

const undo = new AsyncDisposableStack()
const asked = new Map<number, (message: Extract<ToWorker, { kind: 'read' }>) => void>()
let asks = 0
let figures: () => WorkerFigures = () => {
  throw new Error('nothing is open')
}

// Whoever serves for nobody serves no more. The owner decides when to end: a signal to
// the whole group is for it.
process.on('disconnect', () => process.exit(1))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined)
process.on('message', (message: ToWorker) => {
  carryOut(message).catch((error: unknown) => {
    const code = codeOf(error)
    tell({ kind: 'failed', why: reasonOf(error), ...(code !== undefined && { code }) })
  })
})

async function carryOut(message: ToWorker): Promise<void> {
  switch (message.kind) {
    case 'open':
      tell({ kind: 'open', address: await open(message.job) })
      break
    case 'figures':
      tell({ kind: 'figures', figures: figures() })
      break
    case 'read':
      asked.get(message.ask)?.(message)
      break
    case 'close':
      await undo.disposeAsync()
      process.exit(0)
  }
}

async function open(job: WorkerJob): Promise<string> {
  const { attachment, venue, inFlightMax, mapAgeMsMax, criticalSectionMs, hasAudit, host, port } = job
  const entry = await entryOf(job.strategy)
  const attached = undo.use(await attach(attachment))
  const metrics = new ServiceMetrics(attached)
  figures = () => ({ ...attached.readMeter(), batches: metrics.batches() })
  const strategy = undo.adopt(
    await entry.open(attached.connections, {
      criticalSection: criticalSectionMs > 0 ? () => delay(criticalSectionMs) : async () => {},
      onBatch: (callers) => metrics.batch(callers),
      random: Math.random,
    }),
    (each) => each.close(),
  )
  const app = undo.adopt(
    await createService({
      name: entry.name,
      strategy,
      store: storeOfOwner,
      venue,
      metrics,
      inFlightMax,
      mapAgeMsMax,
      hasAudit,
      hasSetup: false,
    }),
    closeInTime,
  )
  return app.listen({ host, port })
}

const storeOfOwner: StoreReader = {
  sold: async (resources) => (await answered((ask) => ({ kind: 'sold', ask, resources }))) as SoldAnswer,
  status: async (id) => (await answered((ask) => ({ kind: 'status', ask, id }))) as StatusAnswer,
}

function answered(question: (ask: number) => FromWorker): Promise<unknown> {
  const ask = ++asks
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      asked.delete(ask)
      reject(new Error(`the store was not read within ${READ_DEADLINE_MS} ms`))
    }, READ_DEADLINE_MS)
    asked.set(ask, ({ answer, why }) => {
      clearTimeout(timer)
      asked.delete(ask)
      if (why === undefined) resolve(answer)
      else reject(new Error(why))
    })
    tell(question(ask))
  })
}

function tell(message: FromWorker): void {
  process.send?.(message)
}
