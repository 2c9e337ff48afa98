/**
 * One process of an application: it opens the strategy on the ground that the run has prepared, carries out
 * the calls that it is sent, and exits on request, or when the run is gone.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import { entryOf } from '../entries/strategy-reference.ts'
import { reasonOf } from '../errors.ts'
import { attach } from '../ground/attachment.ts'
import { Random } from '../workloads/random.ts'
import type { ClientCall, ClientJob, ClientOrder, ClientReport } from './client-messages.ts'

const undo = new AsyncDisposableStack()
let strategy: ReservationStrategy | undefined

// Exits when the run is gone.
process.on('disconnect', () => process.exit(1))
process.on('message', (order: ClientOrder) => {
  carryOut(order).catch((error: unknown) => send({ kind: 'failed', why: reasonOf(error) }))
})

async function carryOut(order: ClientOrder): Promise<void> {
  switch (order.kind) {
    case 'open':
      strategy = await open(order.job)
      send({ kind: 'opened' })
      break
    case 'call':
      try {
        send({ kind: 'answered', number: order.number, answer: await called(order.call) })
      } catch (error) {
        send({ kind: 'threw', number: order.number, why: reasonOf(error) })
      }
      break
    case 'close':
      await undo.disposeAsync()
      process.exit(0)
  }
}

async function called(call: ClientCall): Promise<unknown> {
  if (strategy === undefined) throw new Error('the strategy is not open')
  switch (call.name) {
    case 'hold':
      return await strategy.hold(call.asked)
    case 'confirm':
      return await strategy.confirm(call.asked)
    case 'release':
      return await strategy.release(call.asked)
  }
}

async function open({ strategy: reference, attachment, criticalSectionMs, seed }: ClientJob) {
  const entry = await entryOf(reference)
  const attached = undo.use(await attach(attachment))
  const random = new Random(seed, 'client', entry.name)
  let within = 0
  const opened = await entry.open(attached.connections, {
    async criticalSection() {
      if (criticalSectionMs === 0) return
      send({ kind: 'within', calls: ++within })
      await delay(criticalSectionMs)
      send({ kind: 'within', calls: --within })
    },
    onBatch: (callers) => send({ kind: 'batch', callers }),
    random: () => random.float(),
  })
  undo.defer(() => opened.close())
  return opened
}

function send(report: ClientReport): void {
  process.send?.(report)
}
