import { type FaultKind, SAFE } from './fault.ts'
import { inNetwork, toldStruck } from './striking.ts'

const LASTS_MS = 2_000

/** The clients' machine lost its power: nobody tells the server, which keeps their sessions and locks. */
export const halfOpen: FaultKind = {
  name: 'half-open',
  title: 'clients gone, the server not told',
  does: `Every open connection is gone at the client's end, and the server is not told for ${LASTS_MS / 1_000} s: it keeps the sessions with their locks. The application connects again at once.`,
  strikesIf: 'a connection that was gone at one end',
  needs: { durability: 'relaxed', patienceMs: 5_000 },
  isLucky: true,
  appliesTo: () => undefined,
  predict: () => SAFE,
  async strike({ record, wait }) {
    const fault = { kind: 'half-open', gone: 'client' } as const
    const struck = await inNetwork(record.proxies, fault, () => wait(LASTS_MS))
    return toldStruck('half-open', struck)
  },
}
