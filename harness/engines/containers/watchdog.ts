/**
 * Removes the containers of a run whose process was killed without a chance to clean up. It waits on a pipe
 * from that process: a line means that everything is done; the end of the pipe without one means that the
 * owner is gone. If the watchdog is killed too, the next run cleans up.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { reachDaemon, removeRun } from './runtime.ts'

/** The daemon may still be creating a container that the owner requested before it was killed. */
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
