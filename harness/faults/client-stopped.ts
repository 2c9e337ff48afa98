import { monotonicMs } from '../clock.ts'
import type { ClientProcess } from '../processes/client-process.ts'
import { type FaultKind, type FaultStage, SAFE } from './fault.ts'

const PROCESSES = 3
const MOMENT_MS_MAX = 3_000
/** For what it had said before it stood still to arrive. */
const SETTLE_MS = 100
/** Longer than the leases of any strategy here, which last 3 s. */
const STOPPED_MS = 4_300

/**
 * A whole process stands still, as in a throttled container: its timers and clocks too. When it goes on, it
 * knows nothing of it, unless it looks.
 */
export const clientStopped: FaultKind = {
  name: 'client-stopped',
  title: 'client process stopped past its lease',
  does: `${PROCESSES} processes carry out the calls. One is stopped (SIGSTOP) between a read and a write, or with calls under way where there is nothing between the two, and continued after ${STOPPED_MS / 1_000} s, longer than any lease.`,
  strikesIf: 'a process that was stopped with calls under way',
  needs: { durability: 'relaxed', clients: PROCESSES, seatsOnly: true, patienceMs: 12_000 },
  isLucky: true,
  appliesTo: () => undefined,
  predict: ({ entry: { promises } }) =>
    promises.unsafeUnder.includes('client-pause') ? { outcome: 'oversells', recovers: true } : SAFE,
  async strike(stage) {
    const { clients, wait, until } = stage
    const [one] = clients
    if (one === undefined) return undefined
    if (!(await stoppedBetween(one, stage))) {
      await until(() => one.underWay() > 0, MOMENT_MS_MAX)
      one.stop()
    }
    try {
      await wait(STOPPED_MS)
    } finally {
      await one.goOn()
    }
    const { within, calls } = one.whenStopped()
    return calls > 0
      ? `1 process stopped for ${STOPPED_MS} ms, with ${calls} calls under way, ${within} of them between read and write`
      : undefined
  },
}

/**
 * Stops the process while all of its calls are between read and write, and one of them wants what nobody was
 * granted yet: a call that comes second reads that it is taken. What it says arrives late, so it is asked
 * again when it stands still, and continued if the moment had passed. Returns whether it was stopped so.
 */
async function stoppedBetween(one: ClientProcess, { wait, until, wasGranted }: FaultStage): Promise<boolean> {
  const isSo = (): boolean =>
    one.within() > 0 &&
    one.within() === one.underWay() &&
    one.wanted().some((resource) => !wasGranted(resource))
  const endMs = monotonicMs() + MOMENT_MS_MAX
  while (await until(isSo, endMs - monotonicMs())) {
    one.stop()
    await wait(SETTLE_MS)
    if (isSo()) return true
    await one.goOn()
  }
  return false
}
