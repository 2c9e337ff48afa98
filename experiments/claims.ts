/** Every claim of the documents: with the experiment that tests it, or with the condition that is missing. */
import { markdownTable } from '../harness/report/markdown.ts'
import { type Claim, type Judgement, SOURCES } from './experiment.ts'
import type { Studied } from './studied.ts'

/** A claim whose conditions no experiment can make yet. */
export interface UntestedClaim extends Claim {
  readonly lacks: readonly string[]
  /** What a benchmark or the faults have shown of it; no figure of the study. */
  readonly shown?: {
    readonly command: string
    readonly found: string
  }
}

const CHECKOUTS = 'npm run bench:shop'
const VIEWERS = 'npm run bench:seat-map'
const FAULTS = 'npm run faults'
const QUIET = 'a machine without other work'

export const untested: readonly UntestedClaim[] = [
  {
    source: 'tigerfans',
    claim: 'The first version, with SQLite, sells 115 tickets per second.',
    lacks: ['SQLite', QUIET],
    shown: {
      command: CHECKOUTS,
      found: 'The whole shop with PostgreSQL alone (level 1): 290 tickets per second of processor time.',
    },
  },
  {
    source: 'tigerfans',
    claim: 'Webhooks: 130 per second with PostgreSQL alone, 450 with Redis.',
    lacks: [QUIET],
    shown: {
      command: CHECKOUTS,
      found: 'Whole checkouts, per second of processor time: 290 at level 1, 360 to 1,250 at level 3.',
    },
  },
  {
    source: 'tigerfans',
    claim: 'Sessions in Redis and orders in PostgreSQL keep what matters durable at 900 to 977 per second.',
    lacks: [QUIET],
    shown: {
      command: CHECKOUTS,
      found: 'At level 3, which is that, 360 to 1,250 tickets per second of processor time.',
    },
  },
  {
    source: 'tigerfans',
    claim: 'Accounting is 91 % of a checkout; made 3 times as fast, the checkout is 2.73 times as fast.',
    lacks: [QUIET],
    shown: {
      command: CHECKOUTS,
      found:
        'It times the parts of a checkout. From the talk’s own figures, Amdahl’s law gives 2.59 and not 2.73.',
    },
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
    lacks: ['200 connections', QUIET],
    shown: {
      command: VIEWERS,
      found:
        'With a scan for each look of 5,000 viewers, none of 5,000 looks and 76 of 1,000 buyers were answered.',
    },
  },
  {
    source: 'vetora',
    claim: 'A bitmap of 7.5 KB in a cache answers the seat map instead of a scan of the table.',
    lacks: ['a bitmap that is kept in Redis', QUIET],
    shown: {
      command: VIEWERS,
      found:
        'A bitmap of 20 KB (two bits a seat), kept in the service: all of 1,000 buyers were answered, p95 69 ms.',
    },
  },
  {
    source: 'vetora',
    claim: 'Row locks serve 200 buyers, keys in Redis and a cached seat map 50,000.',
    lacks: ['50,000 buyers over HTTP'],
    shown: {
      command: VIEWERS,
      found: 'With a cached seat map, 5,000 viewers did not keep any of 1,000 buyers from an answer.',
    },
  },
  {
    source: 'vetora',
    claim: 'Up to 50 buyers at once, SELECT FOR UPDATE in one service is enough.',
    lacks: ['the shop with postgres-select-for-update and 50 buyers', QUIET],
  },
  {
    source: 'notes',
    claim: 'Browsing may be served from caches and replicas, while booking must be consistent.',
    lacks: ['a replica', QUIET],
    shown: {
      command: VIEWERS,
      found:
        'From a cache: 5,000 viewers were told of every change, and all of 1,000 buyers were answered (p95 124 ms).',
    },
  },
  {
    source: 'article',
    claim: 'If the connection is cut after the lock was taken, is the lock kept? (a question of the article)',
    lacks: ['a fault among the conditions of an experiment'],
    shown: {
      command: FAULTS,
      found:
        'connections-cut: the server frees it, and nothing is sold twice by any of 17 strategies, in 3 of 3 runs each.',
    },
  },
  {
    source: 'article',
    claim:
      'If the cache crashes after a seat lock was taken, is the seat sold twice? (a question of the article)',
    lacks: ['a fault among the conditions of an experiment'],
    shown: {
      command: FAULTS,
      found:
        'leases-emptied: by redis-setnx and redlock, in 3 of 3 runs; by redis-setnx-fenced and redlock-guarded, in none.',
    },
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
/** By something other than an experiment of the study. */
const SHOWN = 'shown, and not judged'

/** What was measured without a claim's conditions cannot refute it. */
export function underItsConditions(outcome: Judgement['outcome'], lacks: readonly string[] = []): Outcome {
  return outcome === 'does-not-hold' && lacks.length > 0 ? 'otherwise' : outcome
}

/** As tables say it. */
export function outcomeWords(outcome: Judgement['outcome'], lacks: readonly string[] = []): string {
  return OUTCOMES[underItsConditions(outcome, lacks)]
}

/** A table of Markdown. */
export function claimRows(studied: readonly Studied[]): readonly string[] {
  const tested = studied.flatMap(({ experiment, data }) =>
    experiment.claims.map(({ source, claim, lacks = [], judge }) => {
      const { outcome, measured } = judge(data)
      return [
        claim,
        SOURCES[source],
        outcomeWords(outcome, lacks),
        measured,
        lacks.join('; ') || '–',
        experiment.name,
      ]
    }),
  )
  const open = untested.map(({ source, claim, lacks, shown }) => [
    claim,
    SOURCES[source],
    shown === undefined ? OUTCOMES['not-measured'] : SHOWN,
    shown?.found ?? '–',
    lacks.join('; '),
    shown === undefined ? '–' : `\`${shown.command}\``,
  ])
  const head = ['claim', 'source', 'outcome', 'measured', 'conditions not made', 'experiment']
  return markdownTable(head, [...tested, ...open])
}
