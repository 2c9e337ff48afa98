/** Every claim of the documents: with the experiment that tests it, or with the condition that is missing. */
import { type Claim, type Judgement, SOURCES } from './experiment.ts'
import type { Studied } from './studied.ts'

/** A claim whose conditions no experiment can make yet. */
export interface UntestedClaim extends Claim {
  readonly lacks: readonly string[]
}

const WHOLE_SHOP = 'a shop: HTTP, sessions, orders and payment around each reservation'
const WAITING_ROOM = 'a waiting room'

export const untested: readonly UntestedClaim[] = [
  {
    source: 'tigerfans',
    claim: 'The first version, with SQLite, sells 115 tickets per second.',
    lacks: [WHOLE_SHOP],
  },
  {
    source: 'tigerfans',
    claim: 'Webhooks: 130 per second with PostgreSQL alone, 450 with Redis.',
    lacks: [WHOLE_SHOP],
  },
  {
    source: 'tigerfans',
    claim: 'Sessions in Redis and orders in PostgreSQL keep what matters durable at 900 to 977 per second.',
    lacks: [WHOLE_SHOP],
  },
  {
    source: 'tigerfans',
    claim: 'Accounting is 91 % of a checkout; made 3 times as fast, the checkout is 2.73 times as fast.',
    lacks: [WHOLE_SHOP, 'a checkout whose parts are timed'],
  },
  {
    source: 'tigerfans',
    claim: 'In a faster language the same design reaches 10 to 50 times as much, in batches of 30 to 50.',
    lacks: ['the same service in two languages'],
  },
  {
    source: 'vetora',
    claim:
      'A seat map of 80,000 rows keeps a connection for 80 to 150 ms, and 5,000 viewers use up 200 connections.',
    lacks: [
      'a reader of 80,000 seats (over HTTP, the profile “viewers” of the load is one)',
      '5,000 viewers',
    ],
  },
  {
    source: 'vetora',
    claim: 'A bitmap of 7.5 KB in a cache answers the seat map instead of a scan of the table.',
    lacks: ['a seat map as a bitmap'],
  },
  {
    source: 'vetora',
    claim: 'Row locks serve 200 buyers, keys in Redis and a cached seat map 50,000.',
    lacks: ['50,000 buyers over HTTP', 'a seat map in a cache'],
  },
  {
    source: 'vetora',
    claim: 'Up to 50 buyers at once, SELECT FOR UPDATE in one service is enough.',
    lacks: [WHOLE_SHOP],
  },
  {
    source: 'notes',
    claim: 'A waiting room that admits buyers in batches keeps the load of the booking service steady.',
    lacks: [WAITING_ROOM],
  },
  {
    source: 'notes',
    claim: 'Browsing may be served from caches and replicas, while booking must be consistent.',
    lacks: [WHOLE_SHOP, 'a replica'],
  },
  {
    source: 'article',
    claim: 'If the connection is cut after the lock was taken, is the lock kept? (a question of the article)',
    lacks: ['a connection that is cut between two statements'],
  },
  {
    source: 'article',
    claim:
      'If the cache crashes after a seat lock was taken, is the seat sold twice? (a question of the article)',
    lacks: ['a server that loses its memory during the run'],
  },
  {
    source: 'article',
    claim:
      'From which rate on is a waiting room needed: 10, 50 or 100 thousand a second? (a question of the article)',
    lacks: [WAITING_ROOM],
  },
]

type Outcome = Judgement['outcome'] | 'otherwise'

const OUTCOMES: Readonly<Record<Outcome, string>> = {
  holds: 'holds here',
  'does-not-hold': 'does not hold here',
  otherwise: 'otherwise here, without all of its conditions',
  undecided: 'within the noise here',
  'in-part': 'holds in part',
  'not-measured': 'not measured',
}

/** What was measured without a claim's conditions cannot refute it. */
export function underItsConditions(outcome: Judgement['outcome'], lacks: readonly string[] = []): Outcome {
  return outcome === 'does-not-hold' && lacks.length > 0 ? 'otherwise' : outcome
}

/** A table of Markdown. */
export function claimRows(studied: readonly Studied[]): readonly string[] {
  const tested = studied.flatMap(({ experiment, data }) =>
    experiment.claims.map(({ source, claim, lacks = [], judge }) => {
      const { outcome, measured } = judge(data)
      return [
        claim,
        SOURCES[source],
        OUTCOMES[underItsConditions(outcome, lacks)],
        measured,
        lacks.join('; ') || '–',
        experiment.name,
      ]
    }),
  )
  const open = untested.map(({ source, claim, lacks }) => [
    claim,
    SOURCES[source],
    OUTCOMES['not-measured'],
    '–',
    lacks.join('; '),
    '–',
  ])
  const head = ['claim', 'source', 'outcome', 'measured', 'conditions not made', 'experiment']
  return [head, head.map(() => '---'), ...tested, ...open].map((cells) => `| ${cells.join(' | ')} |`)
}
