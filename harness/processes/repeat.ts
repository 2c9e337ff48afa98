/** Repeats acknowledged calls from a new process, which has no memory of the trial. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { perishWithProcess } from '../engines/local/lifetime.ts'
import type { Operation } from '../history/record.ts'
import type { RepeatJob, RepeatReport } from './repeat-messages.ts'

const REPEATER = fileURLToPath(new URL('./repeater.ts', import.meta.url))
/** To load a strategy, to connect, and for a few hundred sequential calls. */
const DEADLINE_MS = 60_000

/** The operations as that process recorded them. Rejects if it fails; it has exited by then. */
export async function repeatElsewhere(job: RepeatJob): Promise<readonly Operation[]> {
  const child = fork(REPEATER, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  const forget = perishWithProcess({ stopNow: () => child.kill('SIGKILL') })
  const ended = once(child, 'exit')
  const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS)
  try {
    const report = await new Promise<RepeatReport>((resolve, reject) => {
      child.once('message', (message) => resolve(message as RepeatReport))
      child.once('error', reject)
      ended.then(
        () =>
          reject(
            new Error(`the process that repeats the calls ended, or took longer than ${DEADLINE_MS} ms`),
          ),
        reject,
      )
      child.send(job)
    })
    if ('failed' in report) throw new Error(report.failed)
    return report.operations
  } finally {
    clearTimeout(timer)
    if (child.exitCode === null) child.kill('SIGKILL')
    await ended
    forget()
  }
}
