import { type FaultKind, SAFE } from './fault.ts'
import { SALE_CALLERS as BUYERS } from './sale.ts'
import { inNetwork } from './striking.ts'

const OUTAGE_MS = 2_000
/** Each request is sent so often at once, and again while there is no answer. */
const COPIES = 6
/** Until all buyers are impatient. */
const BEFORE_MS = 400
/** The storm itself. */
const STORM_MS = 1_500

/** Everybody comes back at the same moment, several times over. */
export const retryStorm: FaultKind = {
  name: 'retry-storm',
  title: 'a storm of retries after an outage',
  does: `The engine of the record is unreachable for ${OUTAGE_MS / 1_000} s, while each buyer sends ${COPIES} copies of his request under the same id, and sends each of them again. Then it is back, and all of them meet it at once.`,
  strikesIf: 'an engine that came back to more calls than there are buyers',
  needs: { durability: 'relaxed' },
  isLucky: true,
  appliesTo: () => undefined,
  predict: () => SAFE,
  async strike({ record, buyers, underWay, until, wait }) {
    buyers.impatient(COPIES)
    let most = 0
    try {
      await wait(BEFORE_MS)
      await inNetwork(record.proxies, { kind: 'refuse' }, async () => {
        await inNetwork(record.proxies, { kind: 'cut' }, () => wait(OUTAGE_MS))
      })
      await until(() => {
        most = Math.max(most, underWay())
        return false
      }, STORM_MS)
    } finally {
      buyers.impatient(1)
    }
    return most > BUYERS ? `up to ${most} calls at once of ${BUYERS} buyers` : undefined
  },
}
