import { type FaultKind, SAFE } from './fault.ts'

const PROCESSES = 3
/** A process has calls under way nearly always. */
const MOMENT_MS_MAX = 2_000
/** At any step of a call, all of which take a fraction of this. */
const STEP_MS_MAX = 60

/** The application's process is gone in the middle of what it does: nothing is undone, said or released. */
export const clientKilled: FaultKind = {
  name: 'client-killed',
  title: 'client process killed',
  does: `${PROCESSES} processes carry out the calls. One after another is killed (-9) at a random step with calls under way, and another is started in its place. The buyers’ calls are sent again, to the others.`,
  strikesIf: 'a process that was killed with calls under way',
  needs: { durability: 'relaxed', clients: PROCESSES, patienceMs: 8_000 },
  isLucky: true,
  appliesTo: () => undefined,
  predict: () => ({ ...SAFE, service: 'serves' }),
  async strike({ clients, random, wait, until }) {
    let lost = 0
    for (const client of clients) {
      await wait(random.between(0, STEP_MS_MAX))
      await until(() => client.underWay() > 0, MOMENT_MS_MAX)
      lost += await client.kill()
      await client.start()
    }
    return lost > 0 ? `${clients.length} processes killed, with ${lost} calls under way` : undefined
  },
}
