/** The answer to a hold that was refused. */
import type { HoldId, HoldOutcome } from '../../strategies/strategy.ts'
import type { Catalogue } from './catalogue.ts'
import { Problem } from './problems.ts'

type Refused = Exclude<HoldOutcome, { kind: 'held' }>

export function holdRefusal(
  catalogue: Catalogue,
  outcome: Refused,
  hold_id: HoldId,
  eventId: string,
): Problem {
  switch (outcome.kind) {
    case 'sold-out': {
      const name = catalogue.nameOf(eventId, outcome.resourceId)
      const { attempts } = outcome
      return new Problem('sold-out', `${name} is sold out`, { hold_id, sold_out: [name], attempts })
    }
    case 'contended': {
      const { reason, attempts } = outcome
      const why =
        reason === 'queue-full' ? 'too many requests wait already' : 'too many requests for the same units'
      return new Problem('contended', `${why}: try again`, { hold_id, reason, attempts })
    }
    case 'id-reused':
      return new Problem('id-reused', 'this hold id was used for something else', { hold_id })
  }
}
