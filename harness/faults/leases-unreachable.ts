import { type FaultKind, SAFE } from './fault.ts'
import { hasNoLeases, leaseServers } from './leases.ts'
import { inNetwork, toldStruck } from './striking.ts'

const LASTS_MS = 2_500

/** Nobody answers where leases are kept: does the sale stop, or does it fall on the database? */
export const leasesUnreachable: FaultKind = {
  name: 'leases-unreachable',
  title: 'lease servers unreachable',
  does: `For ${LASTS_MS / 1_000} s every server of the leases is unreachable: connections are reset, and new ones are refused.`,
  strikesIf: 'a connection that was reset or refused',
  needs: { durability: 'relaxed' },
  isLucky: false,
  appliesTo: hasNoLeases,
  // No majority is a definite refusal; one server that does not answer is not.
  predict: (subject) => ({ ...SAFE, service: leaseServers(subject) > 1 ? 'refuses' : 'stalls' }),
  async strike({ helpers, wait }) {
    const proxies = helpers.flatMap((site) => site.proxies)
    const struck = await inNetwork(proxies, { kind: 'refuse' }, async () => {
      await inNetwork(proxies, { kind: 'cut' }, () => wait(LASTS_MS))
    })
    return toldStruck('connections refused', struck)
  },
}
