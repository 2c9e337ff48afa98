/**
 * One of several processes that run a plan together: it opens the strategy on the ground that the run has
 * prepared, runs its share of the callers, and exits on request, or when the run is gone.
 */
import { monotonicMs } from '../clock.ts'
import { entryOf } from '../entries/strategy-reference.ts'
import { reasonOf } from '../errors.ts'
import { attach } from '../ground/attachment.ts'
import { criticalSectionOf } from '../performance/critical-section.ts'
import { alone, type Players, warmupPlanOf } from '../performance/performance.ts'
import { Random } from '../workloads/random.ts'
import { workloadNamed } from '../workloads/registry.ts'
import { type Job, OPERATIONS_FD, type Order, type PlayedHere, type Report } from './messages.ts'
import { operationWriter } from './operation-stream.ts'

const ending = new AbortController()
const undo = new AsyncDisposableStack()

interface Opened {
  readonly players: Players
  readonly job: Job
  sessions(): readonly number[]
  streamBytes(): number
}
let opened: Opened | undefined

// Exits when the run is gone.
process.on('disconnect', () => process.exit(1))
process.on('message', (order: Order) => {
  carryOut(order).catch((error: unknown) => {
    send({ kind: 'failed', why: reasonOf(error) })
  })
})

async function carryOut(order: Order): Promise<void> {
  switch (order.kind) {
    case 'open':
      opened = await open(order.job)
      send({ kind: 'opened' })
      break
    case 'clock':
      send({ kind: 'clock', nowMs: monotonicMs() })
      break
    case 'warm-up':
      await opened?.players.warmUp()
      send({ kind: 'warm' })
      break
    case 'play':
      if (opened !== undefined) send({ kind: 'played', ...(await played(opened)) })
      break
    case 'abort':
      ending.abort(new Error('the run was ended'))
      break
    case 'close':
      await undo.disposeAsync()
      process.exit(0)
  }
}

async function open(job: Job): Promise<Opened> {
  const { attachment, planSettings, share, criticalSectionMs, warmupMs, settleMsMax, clock, callTimeoutMs } =
    job
  const entry = await entryOf(job.strategy)
  const attached = undo.use(await attach(attachment))
  const random = new Random(planSettings.seed, 'strategy', entry.name, share.index)
  const batched: number[] = []
  const criticalSection = criticalSectionOf(criticalSectionMs)
  const strategy = await entry.open(attached.connections, {
    criticalSection: criticalSection.within,
    onBatch: (callers) => batched.push(callers),
    random: () => random.float(),
  })
  undo.defer(() => strategy.close())
  const workload = workloadNamed(job.workload)
  const out = operationWriter(OPERATIONS_FD)
  const players = alone(
    strategy,
    attached,
    { batched, criticalSection },
    {
      plan: workload.plan(planSettings),
      warmup: warmupMs > 0 ? warmupPlanOf(workload, planSettings) : undefined,
      warmupMs,
      settleMsMax,
      options: {
        clock,
        share,
        signal: ending.signal,
        announce: out.begun,
        ...(callTimeoutMs !== undefined && { callTimeoutMs }),
      },
      record: out.ended,
    },
  )
  return { players, job, sessions: attached.sessions, streamBytes: out.bytes }
}

async function played({ players, job, sessions, streamBytes }: Opened): Promise<PlayedHere> {
  const { settle, played: _, lost: __, sessions: ___, ...performed } = await players.play()
  const unsettled = await settle(job.settleMsMax)
  return { ...performed, unsettled, sessions: sessions(), streamBytes: streamBytes() }
}

function send(report: Report): void {
  process.send?.(report)
}
