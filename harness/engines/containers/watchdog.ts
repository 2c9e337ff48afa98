/**
 * Removes the containers of a run whose process was killed in a way that it could not see. It waits on a pipe
 * from there: a line means that all is done, the mere end of the pipe that the owner is gone. Should it be
 * killed too, the next run sweeps.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { reachDaemon, removeRun } from './runtime.ts'

/** The daemon may still be making one that it was asked for before the owner was killed. */
const LOOKS = 5
const LOOK_EVERY_MS = 1_000

const [runId] = process.argv.slice(2)
let said = ''
for await (const chunk of process.stdin) said += String(chunk)
if (runId !== undefined && said === '') {
  const client = await reachDaemon('postgres')
  for (let look = 0; look < LOOKS; look += 1) {
    await removeRun(client, runId).catch(() => false)
    await delay(LOOK_EVERY_MS)
  }
}
