import { monotonicMs } from '../clock.ts'
import { type FaultKind, type FaultSite, SAFE } from './fault.ts'
import { hasNoLeases, leaseServers } from './leases.ts'
import { inNetwork } from './striking.ts'

/** Many times the patience of a buyer. */
const LASTS_MS = 12_000
/** To compare with, before it. */
const BEFORE_MS = 1_000

/** Not an outage but a state: what falls on the database when nobody keeps buyers apart before it? */
export const leasesGone: FaultKind = {
  name: 'leases-gone',
  title: 'lease servers gone for a whole sale',
  does: `For ${LASTS_MS / 1_000} s of selling every server of the leases refuses connections. What then falls on the database is counted: bytes that reach it, for each second and each hold that is granted.`,
  strikesIf: 'a connection that was reset or refused',
  needs: { durability: 'relaxed' },
  isLucky: false,
  appliesTo: hasNoLeases,
  predict: (subject) => ({ ...SAFE, service: leaseServers(subject) > 1 ? 'refuses' : 'stalls' }),
  async strike({ record, helpers, granted, wait }) {
    const proxies = helpers.flatMap((site) => site.proxies)
    const before = await loadOf(record, granted, () => wait(BEFORE_MS))
    let during = before
    const struck = await inNetwork(proxies, { kind: 'refuse' }, async () => {
      await inNetwork(proxies, { kind: 'cut' }, async () => {
        during = await loadOf(record, granted, () => wait(LASTS_MS))
      })
    })
    if (struck.connections === 0) return undefined
    return `${struck.connections} connections refused; on the database ${told(during)}, before ${told(before)}`
  },
}

interface Load {
  readonly bytesPerSecond: number
  readonly bytesPerHold: number | undefined
}

async function loadOf(
  { proxies }: FaultSite,
  granted: () => number,
  during: () => Promise<void>,
): Promise<Load> {
  const bytes = async (): Promise<number> =>
    (await Promise.all(proxies.map((each) => each.passed()))).reduce(
      (sum, { bytesToServer }) => sum + bytesToServer,
      0,
    )
  const [fromMs, fromBytes, fromHolds] = [monotonicMs(), await bytes(), granted()]
  await during()
  const [sent, holds] = [(await bytes()) - fromBytes, granted() - fromHolds]
  return {
    bytesPerSecond: (sent * 1_000) / (monotonicMs() - fromMs),
    bytesPerHold: holds > 0 ? sent / holds : undefined,
  }
}

function told({ bytesPerSecond, bytesPerHold }: Load): string {
  const each = bytesPerHold === undefined ? 'no hold granted' : `${Math.round(bytesPerHold)} bytes a hold`
  return `${Math.round(bytesPerSecond / 1_000)} kB/s (${each})`
}
