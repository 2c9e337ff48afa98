/**
 * One of several processes that serve one port, each with its own strategy and connections. The process that
 * owns the service reads the store for it.
 */
import { codeOf } from '../../engines/engine-error.ts'
import { entryOf } from '../../entries/strategy-reference.ts'
import { reasonOf } from '../../errors.ts'
import { attach } from '../../ground/attachment.ts'
import { openExtension } from '../extension.ts'
import { serviceLog } from '../log.ts'
import { ServiceMetrics } from '../metrics.ts'
import { openStrategy } from '../opened-strategy.ts'
import { ownReadiness } from '../readiness.ts'
import { createService } from '../service.ts'
import type { SoldAnswer, StatusAnswer, StoreReader } from '../store-reader.ts'
import type { FromWorker, ToWorker, WorkerFigures, WorkerJob, WorkerQuestion } from './messages.ts'

/** Time limit for an answer of the owner. */
const ANSWER_DEADLINE_MS = 60_000

const undo = new AsyncDisposableStack()
const asked = new Map<number, (message: Extract<ToWorker, { kind: 'answer' }>) => void>()
let asks = 0
let opened: { readonly figures: () => WorkerFigures; readonly metrics: ServiceMetrics } | undefined

// Without an owner, the process ends. The owner decides when to end: a signal to the whole group is for it.
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
      if (opened !== undefined) tell({ kind: 'figures', figures: opened.figures() })
      break
    case 'snapshot':
      if (opened !== undefined) tell({ kind: 'snapshot', snapshot: await opened.metrics.snapshot() })
      break
    case 'answer':
      asked.get(message.ask)?.(message)
      break
    case 'close':
      await undo.disposeAsync()
      process.exit(0)
  }
}

async function open(job: WorkerJob): Promise<string> {
  const { venue, settings } = job
  const log = serviceLog(job.logLevel, process.stderr)
  const entry = await entryOf(job.strategy)
  const attached = undo.use(await attach(job.attachment))
  const metrics = new ServiceMetrics(attached)
  opened = { figures: () => ({ ...attached.readMeter(), batches: metrics.batches() }), metrics }
  const strategy = undo.adopt(
    await openStrategy(entry, attached.connections, job.criticalSectionMs, metrics),
    (each) => each.close(),
  )
  const { readiness } = undo.use(await ownReadiness(entry, job.probeAttachment, venue))
  const extended =
    job.extension && undo.use(await openExtension(job.extension, { strategy, venue, settings, log }))
  const service = undo.adopt(
    await createService({
      name: entry.name,
      strategy,
      store: storeOfOwner,
      venue,
      readiness,
      metrics,
      allMetrics: async () => (await answered({ kind: 'metrics' })) as string,
      log,
      settings,
      ...(extended && { before: extended.before }),
    }),
    (each) => each.close(),
  )
  return service.listen(job.host, job.port)
}

const storeOfOwner: StoreReader = {
  sold: async (resources) => (await answered({ kind: 'sold', resources })) as SoldAnswer,
  status: async (id) => (await answered({ kind: 'status', id })) as StatusAnswer,
}

function answered(question: WorkerQuestion): Promise<unknown> {
  const ask = ++asks
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      asked.delete(ask)
      reject(new Error(`the owner of the service did not answer within ${ANSWER_DEADLINE_MS} ms`))
    }, ANSWER_DEADLINE_MS)
    asked.set(ask, ({ answer, why }) => {
      clearTimeout(timer)
      asked.delete(ask)
      if (why === undefined) resolve(answer)
      else reject(new Error(why))
    })
    tell({ kind: 'question', ask, question })
  })
}

/** If the owner is gone, this process is about to end as well. */
function tell(message: FromWorker): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
}
