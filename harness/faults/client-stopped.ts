import { type FaultKind, SAFE } from './fault.ts'

const PROCESSES = 3
const MOMENT_MS_MAX = 3_000
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
  async strike({ clients, wait, until }) {
    const [one] = clients
    if (one === undefined) return undefined
    // Everybody of the process stands still; several owners make it likely that a rival wants their seats.
    const isWithin = await until(() => one.within() > 1, MOMENT_MS_MAX)
    if (!isWithin) await until(() => one.underWay() > 0, MOMENT_MS_MAX)
    one.stop()
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
