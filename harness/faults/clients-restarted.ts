import { type FaultKind, SAFE } from './fault.ts'

const PROCESSES = 3
/** A process has calls under way nearly always. */
const MOMENT_MS_MAX = 2_000
/** Between two of them. */
const APART_MS = 150

/** A deployment that does not wait for a quiet moment: the calls under way are left to the strategy. */
export const clientsRestarted: FaultKind = {
  name: 'clients-restarted',
  title: 'clients restarted one after another',
  does: `${PROCESSES} processes carry out the calls. One after another closes the strategy and its connections with calls under way, ends, and is started again. What it did not answer is sent again, to the others.`,
  strikesIf: 'a process that was restarted with calls under way',
  needs: { durability: 'relaxed', clients: PROCESSES, patienceMs: 8_000 },
  isLucky: true,
  appliesTo: () => undefined,
  predict: () => ({ ...SAFE, service: 'serves' }),
  async strike({ clients, wait, until }) {
    let calls = 0
    let lost = 0
    for (const client of clients) {
      await until(() => client.underWay() > 0, MOMENT_MS_MAX)
      calls += client.underWay()
      lost += await client.close()
      await client.start()
      await wait(APART_MS)
    }
    return calls > 0
      ? `${clients.length} processes restarted, with ${calls} calls under way, of which ${lost} had no answer`
      : undefined
  },
}
