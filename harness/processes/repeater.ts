/**
 * A process without any memory of the trial: it opens the strategy on the same ground and repeats
 * acknowledged calls. State that a strategy only kept in the memory of its process is missing here.
 */
import { invokedNowUs, returnedNowUs } from '../clock.ts'
import { entryOf } from '../entries/strategy-reference.ts'
import { reasonOf } from '../errors.ts'
import { attach } from '../ground/attachment.ts'
import type { Operation } from '../history/record.ts'
import { confirmRecord, releaseRecord } from '../workloads/recorder.ts'
import type { RepeatedCalls, RepeatJob, RepeatReport } from './repeat-messages.ts'

// Exits when the run is gone.
process.on('disconnect', () => process.exit(1))
process.on('message', (job: RepeatJob) => {
  repeated(job).then(
    (operations) => end({ operations }),
    (error: unknown) => end({ failed: reasonOf(error) }),
  )
})

async function repeated({
  strategy: reference,
  attachment,
  ...calls
}: RepeatJob): Promise<readonly Operation[]> {
  const entry = await entryOf(reference)
  await using attached = await attach(attachment)
  const strategy = await entry.open(attached.connections, {
    criticalSection: async () => {},
    random: Math.random,
  })
  try {
    return await repeatedCalls(strategy, calls)
  } finally {
    await strategy.close()
  }
}

type Strategy = Awaited<ReturnType<Awaited<ReturnType<typeof entryOf>>['open']>>

async function repeatedCalls(strategy: Strategy, calls: RepeatedCalls): Promise<readonly Operation[]> {
  const operations: Operation[] = []
  const stamped = async <Outcome>(ask: () => Promise<Outcome>) => {
    const invokedUs = invokedNowUs()
    const answer = await ask().then(
      (outcome) => ({ kind: 'answered', outcome }) as const,
      (error: unknown) => ({ kind: 'unknown', error: reasonOf(error) }) as const,
    )
    return { answer, stamp: { process: calls.process, invokedUs, returnedUs: returnedNowUs() } }
  }
  for (const id of calls.confirmed) {
    const { stamp, answer } = await stamped(() => strategy.confirm(id))
    operations.push(confirmRecord(stamp, id, answer))
  }
  for (const id of calls.released) {
    const { stamp, answer } = await stamped(() => strategy.release(id))
    operations.push(releaseRecord(stamp, id, answer))
  }
  return operations
}

function end(report: RepeatReport): void {
  process.send?.(report, () => process.exit(0))
}
