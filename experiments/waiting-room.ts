/** From which rate of arrivals does a waiting room pay? */
import { lasting, type Section } from '../harness/compare/plan.ts'
import { formatFigure } from '../harness/report/format.ts'
import type { Workload } from '../harness/workloads/workload.ts'
import type { Condition, ExperimentData, Measured } from './data.ts'
import type { Experiment, Scale } from './experiment.ts'
import { onsale, onsaleBusy, onsaleRoom, SLOTS, UNITS, WORK_MS } from './onsale.ts'
import { COME_MS, PATIENCE_MS, TRIES } from './onsale-crowd.ts'
import { basis, comparison, notCarried, relation, told } from './say.ts'

const SWEPT = 'postgres-conditional-update-batched'
/** One of each other family, where it matters. */
const OTHERS = [
  'postgres-select-for-update',
  'postgres-optimistic-version',
  'redis-setnx-fenced',
  'redlock-guarded',
  'redis-lua',
  'tigerbeetle-pending-transfer-batched',
]
/** From half of what the service sells to fifty times as much; it sells some thousand at best. */
const RATES = {
  half: 500,
  equal: 1_000,
  beyond: 1_500,
  double: 2_500,
  fivefold: 5_000,
  fifty: 57_000,
} as const
const BUSY_RATES = [RATES.double, RATES.fifty]
/** Until as many came as there are tickets. */
const ARRIVING_MS: Readonly<Record<number, number>> = { [RATES.half]: 2_200, [RATES.equal]: 1_100 }
const ARRIVING_MS_USUAL = 1_000
/** Those who came have asked again and again by then. */
const TAIL_MS = 750

export const waitingRoom: Experiment = {
  name: 'waiting-room',
  question: 'From which rate of arrivals does a waiting room pay?',
  prediction: `From the rate at which the service sells, whatever that is, and from no number of buyers a second as such. Below it a room only costs a buyer its own steps. Above it, a service that lets everybody wait soon works for buyers who have given up: it sells less than it could, in any order, and the more come, the less. A service that says “busy” at once sells as much as one behind a room; what only the room gives is the order, and an answer to everybody.`,
  factors: [
    { name: 'buyers who come each second', levels: Object.values(RATES).map(String) },
    {
      name: 'how they are received',
      levels: [
        `all wait (${onsale.name})`,
        `“busy” at once (${onsaleBusy.name})`,
        `a waiting room (${onsaleRoom.name})`,
      ],
    },
  ],
  workloads: [onsale, onsaleBusy, onsaleRoom],
  sections: (scale) => [
    // Below its rate the service turns nobody away.
    section(scale, RATES.half, [onsale, onsaleRoom], [SWEPT]),
    ...Object.values(RATES)
      .filter((rate) => rate > RATES.half)
      .map((rate) => section(scale, rate, [onsale, onsaleRoom], [SWEPT])),
    ...BUSY_RATES.map((rate) => section(scale, rate, [onsaleBusy], [SWEPT])),
    section(scale, RATES.fifty, [onsale, onsaleRoom], OTHERS),
  ],
  figures: [
    'soldShare',
    'noAnswer',
    'overtaken',
    'allSoldAfter',
    'everybodyKnows',
    'soldPerSecond',
    'servedP99',
    'knownP50',
    'inVain',
  ],
  chart: {
    title: `An onsale of ${UNITS.toLocaleString('en')} tickets`,
    figure: 'soldShare',
    along: 'arrivalsPerSecond',
    panels: 'workload',
  },
  expectations: [
    {
      words: 'at twice the rate that the service sells, more is sold behind a room than without one',
      figure: 'soldShare',
      more: at(onsaleRoom, RATES.double),
      than: at(onsale, RATES.double),
    },
    {
      words: 'a service that says “busy” lets more buyers be overtaken than a room',
      figure: 'overtaken',
      more: at(onsaleBusy, RATES.fifty),
      than: at(onsaleRoom, RATES.fifty),
    },
  ],
  claims: [
    {
      source: 'notes',
      claim: 'A waiting room that admits buyers in batches keeps the load of the booking service steady.',
      lacks: ['admission in batches: one goes in for each that leaves'],
      judge(data) {
        const [few, many] = [RATES.equal, RATES.fifty].map((rate) =>
          data.figure('servedP99', at(onsaleRoom, rate)),
        )
        if (few === undefined || many === undefined) return notCarried()
        return {
          outcome: comparison(many, few) === 'more' ? 'in-part' : 'holds',
          measured: `Those inside wait ${told(few)} (p99) when ${formatCount(RATES.equal)} come each second, and ${told(many)} when ${formatCount(RATES.fifty)} do: ${relation(many, few)}${basis([few, many])}.`,
        }
      },
    },
    {
      source: 'article',
      claim:
        'From which rate on is a waiting room needed: 10, 50 or 100 thousand a second? (a question of the article)',
      lacks: [
        'a service that sells 10,000 a second or more',
        'the cost of joining the line itself (npm run bench:waiting-room measures it)',
      ],
      judge(data) {
        const rate = paysFrom((each) => sold(data, each))
        const best = bestRate(data)
        if (best === undefined) return notCarried()
        return {
          outcome: rate === undefined ? 'does-not-hold' : 'in-part',
          measured: `What counts is the ratio to what the service sells: ${told(best)} here, and a room paid ${rate === undefined ? 'at none of the rates' : `from ${formatRate(rate)} on`}${basis([best])}.`,
        }
      },
    },
  ],
  answer(data) {
    const rate = paysFrom((each) => sold(data, each))
    const best = bestRate(data)
    if (best === undefined) return 'Not answered: nothing that the samples carry.'
    const received = [
      ['behind a room', onsaleRoom],
      ['where all wait', onsale],
      ['where the service says “busy”', onsaleBusy],
    ] as const
    const crowded = received.map(([, workload]) => data.figure('soldShare', at(workload, RATES.fifty)))
    const each = received.map(([where, workload]) => {
      const [share, overtaken, unanswered] = (['soldShare', 'overtaken', 'noAnswer'] as const).map((figure) =>
        told(data.figure(figure, at(workload, RATES.fifty))),
      )
      return `${where}, ${share} of what could be sold was sold, ${overtaken} of pairs of buyers were served out of order, and ${unanswered} of buyers left without an answer`
    })
    const waits = [onsaleRoom, onsale].map((workload) => data.figure('knownP50', at(workload, RATES.half)))
    const pays =
      rate === undefined
        ? 'At none of these rates was more sold behind a waiting room than without one'
        : `From ${formatRate(rate)} on, more is sold behind a waiting room than without one, by a service that sells ${told(best)} at best`
    return `${pays}. At ${formatCount(RATES.fifty)} a second, ${timesOf(RATES.fifty, best)} times that: ${each.join('; ')}.${ofOthers(data)} At ${RATES.half} a second, ${timesOf(RATES.half, best)} times that, a room only costs: half of the buyers know after ${told(waits[0])} behind it and after ${told(waits[1])} without it (${relation(waits[0], waits[1])}).${basis([best, ...crowded])} The service is a model around the strategy: ${SLOTS} requests at once, each with ${WORK_MS} ms of work; a buyer gives up after ${PATIENCE_MS} ms, asks ${TRIES} times, and takes ${COME_MS} ms to come when called.`
  },
}

function section(
  scale: Scale,
  arrivalsPerSecond: number,
  workloads: readonly Workload[],
  strategies: readonly string[],
): Section {
  const arrivingMs = ARRIVING_MS[arrivalsPerSecond] ?? ARRIVING_MS_USUAL
  return {
    workloads: workloads.map(({ name }) => lasting(name, scale.durationMs(arrivingMs))),
    concurrency: [SLOTS],
    repeats: scale.repeats,
    strategies,
    arrivalsPerSecond,
    tailMs: arrivalsPerSecond > RATES.equal ? TAIL_MS : 0,
  }
}

function at({ name }: Workload, arrivalsPerSecond: number): Condition {
  return { strategy: SWEPT, workload: name, arrivalsPerSecond }
}

interface Sold {
  readonly behind: Measured | undefined
  readonly without: Measured | undefined
}

function sold(data: Pick<ExperimentData, 'figure'>, rate: number): Sold {
  return {
    behind: data.figure('soldShare', at(onsaleRoom, rate)),
    without: data.figure('soldShare', at(onsale, rate)),
  }
}

/** The lowest rate from which on more is sold behind the room, at every higher one as well. */
function paysFrom(of: (rate: number) => Sold): number | undefined {
  const rates = Object.values(RATES).toSorted((one, other) => other - one)
  const stops = rates.findIndex((rate) => {
    const { behind, without } = of(rate)
    return comparison(behind, without) !== 'more'
  })
  return stops === -1 ? rates.at(-1) : rates[stops - 1]
}

/** What the service sells in a second where it sells most. */
function bestRate(data: Pick<ExperimentData, 'figure'>): Measured | undefined {
  return Object.values(RATES)
    .flatMap((rate) => [onsale, onsaleBusy, onsaleRoom].map((workload) => at(workload, rate)))
    .flatMap((condition) => data.figure('soldPerSecond', condition) ?? [])
    .toSorted((one, other) => other.median - one.median)[0]
}

/** What the other families sell at the highest rate, as a sentence; empty if nothing of it was measured. */
function ofOthers(data: Pick<ExperimentData, 'figure'>): string {
  const [behind, without] = [onsaleRoom, onsale].map((workload) => {
    const shares = OTHERS.flatMap((strategy) => {
      const share = data.figure('soldShare', { ...at(workload, RATES.fifty), strategy })
      return share === undefined ? [] : [{ strategy, share }]
    }).toSorted((one, other) => one.share.median - other.share.median)
    const [least, most] = [shares[0], shares.at(-1)]
    return least && most && `${told(least.share)} (${least.strategy}) to ${told(most.share)}`
  })
  if (!behind || !without) return ''
  return ` With one strategy of each other family, ${behind} was sold behind a room, and ${without} where all wait.`
}

function timesOf(rate: number, best: Measured): string {
  return formatFigure(rate / best.median)
}

function formatRate(rate: number): string {
  return `${formatCount(rate)} buyers a second`
}

function formatCount(count: number): string {
  return count.toLocaleString('en')
}
