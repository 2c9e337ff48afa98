/**
 * The figures of experiments, each with what it means and how many samples it rests on.
 *
 * None rewards what a buyer would hate. On one hot seat hardly anything is sold, so that truthful answers are
 * counted, and the time until a loser knows. Holds per second are a figure only where stock sells.
 */
import { EVENTS_MIN, percentileOf } from '../harness/report/samples.ts'
import type { Percentiles } from '../harness/results/figures.ts'
import type { Trial } from '../harness/results/trial.ts'

export interface FigureKind {
  readonly title: string
  /** After the figure, with its space where it needs one. */
  readonly unit: string
  readonly better: 'more' | 'less'
  /** Undefined if the trial does not carry it: too few samples, or not measured. */
  of(trial: Trial): Sampled | undefined
}

interface Sampled {
  readonly value: number
  readonly samples: number
}

const MS_PER_SECOND = 1_000

function rate(events: number | undefined, { elapsedMs }: Trial): Sampled | undefined {
  if (events === undefined || events < EVENTS_MIN || elapsedMs <= 0) return undefined
  return { value: (events * MS_PER_SECOND) / elapsedMs, samples: events }
}

function mean(value: number | undefined, samples: number): Sampled | undefined {
  return value === undefined || samples < EVENTS_MIN ? undefined : { value, samples }
}

function share(part: number, whole: number, samples: number): Sampled | undefined {
  return mean((100 * part) / Math.max(1, whole), samples)
}

function wait(waits: Percentiles | undefined, place: 'p50' | 'p95' | 'p99'): Sampled | undefined {
  if (waits === undefined) return undefined
  const value = percentileOf(waits, place)
  return value === undefined ? undefined : { value, samples: waits.count }
}

/** Of granted holds: a technique that refuses quickly must not look as if it tried often. */
function perHold(total: number | undefined, { answers }: Trial): Sampled | undefined {
  const held = answers?.held ?? 0
  return total === undefined ? undefined : mean(total / Math.max(1, held), held)
}

/** Held and sold out are answers; contended means ask again. Those that were certainly wrong do not count. */
function truthful({ answers, spuriousRefusals }: Trial): number | undefined {
  return answers && Math.max(0, answers.held + answers.soldOut - spuriousRefusals)
}

function cpuMs({ cpu }: Trial): number | undefined {
  return cpu?.serversMs === undefined ? undefined : cpu.clientMs + cpu.serversMs
}

const KINDS = {
  truthfulAnswers: {
    title: 'truthful answers',
    unit: '/s',
    better: 'more',
    of: (trial) => rate(truthful(trial), trial),
  },
  goodput: {
    title: 'holds granted',
    unit: '/s',
    better: 'more',
    of: (trial) => rate(trial.answers?.held, trial),
  },
  sales: {
    title: 'sales',
    unit: '/s',
    better: 'more',
    of: (trial) => rate(trial.counts.confirmed, trial),
  },
  holdP50: {
    title: 'hold p50',
    unit: ' ms',
    better: 'less',
    of: ({ latencyMs }) => wait(latencyMs.hold, 'p50'),
  },
  holdP95: {
    title: 'hold p95',
    unit: ' ms',
    better: 'less',
    of: ({ latencyMs }) => wait(latencyMs.hold, 'p95'),
  },
  holdP99: {
    title: 'hold p99',
    unit: ' ms',
    better: 'less',
    of: ({ latencyMs }) => wait(latencyMs.hold, 'p99'),
  },
  loserP50: {
    title: 'loser knows p50',
    unit: ' ms',
    better: 'less',
    of: ({ latencyMs }) => wait(latencyMs.soldOut, 'p50'),
  },
  loserP95: {
    title: 'loser knows p95',
    unit: ' ms',
    better: 'less',
    of: ({ latencyMs }) => wait(latencyMs.soldOut, 'p95'),
  },
  bystanderP50: {
    title: 'buyer of another seat p50',
    unit: ' ms',
    better: 'less',
    of: ({ latencyMs }) => wait(latencyMs.bystanderHold, 'p50'),
  },
  bystanderP95: {
    title: 'buyer of another seat p95',
    unit: ' ms',
    better: 'less',
    of: ({ latencyMs }) => wait(latencyMs.bystanderHold, 'p95'),
  },
  freedP50: {
    title: 'abandoned seat had again, p50 after its deadline',
    unit: ' ms',
    better: 'less',
    of: ({ latencyMs }) => wait(latencyMs.freed, 'p50'),
  },
  freedP95: {
    title: 'abandoned seat had again, p95 after its deadline',
    unit: ' ms',
    better: 'less',
    of: ({ latencyMs }) => wait(latencyMs.freed, 'p95'),
  },
  readP50: {
    title: 'reader p50',
    unit: ' ms',
    better: 'less',
    of: ({ latencyMs }) => wait(latencyMs.read, 'p50'),
  },
  readP95: {
    title: 'reader p95',
    unit: ' ms',
    better: 'less',
    of: ({ latencyMs }) => wait(latencyMs.read, 'p95'),
  },
  askAgain: {
    title: 'told to ask again',
    unit: ' %',
    better: 'less',
    of: ({ answers }) => {
      if (answers === undefined) return undefined
      const all = answers.held + answers.soldOut + answers.contended + answers.unknown
      return mean((100 * answers.contended) / Math.max(1, all), all)
    },
  },
  wronglyRefused: {
    title: 'refused wrongly',
    unit: ' %',
    better: 'less',
    of: ({ answers, spuriousRefusals }) => {
      const refused = answers?.soldOut ?? 0
      return mean((100 * spuriousRefusals) / Math.max(1, refused), refused)
    },
  },
  deadlocks: {
    title: 'deadlocks',
    unit: ' per 1,000 holds asked for',
    better: 'less',
    of: ({ contendedBecause = [], answers }) => {
      if (answers === undefined) return undefined
      const all = answers.held + answers.soldOut + answers.contended
      const deadlocks = contendedBecause.find(({ reason }) => reason === 'deadlock')?.count ?? 0
      return mean((1_000 * deadlocks) / Math.max(1, all), all)
    },
  },
  attempts: {
    title: 'attempts per granted hold',
    unit: '',
    better: 'less',
    of: (trial) => mean(trial.attemptsPerSuccess, trial.answers?.held ?? 0),
  },
  connectionMs: {
    title: 'connection time per granted hold',
    unit: ' ms',
    better: 'less',
    of: (trial) =>
      trial.timeSpent === undefined || trial.timeSpent.connectionSeconds === 0
        ? undefined
        : perHold(trial.timeSpent.connectionSeconds * MS_PER_SECOND, trial),
  },
  connectionMsPerAnswer: {
    title: 'connection time per answer',
    unit: ' ms',
    better: 'less',
    of: ({ timeSpent, answers }) => {
      if (timeSpent === undefined || answers === undefined) return undefined
      const all = answers.held + answers.soldOut + answers.contended
      return mean((timeSpent.connectionSeconds * MS_PER_SECOND) / Math.max(1, all), all)
    },
  },
  clientCpu: {
    title: 'client CPU per granted hold',
    unit: ' ms',
    better: 'less',
    of: (trial) => perHold(trial.cpu?.clientMs, trial),
  },
  serversCpu: {
    title: 'servers’ CPU per granted hold',
    unit: ' ms',
    better: 'less',
    of: (trial) => perHold(trial.cpu?.serversMs, trial),
  },
  salesPerCpuSecond: {
    title: 'sales per CPU-second, client and servers',
    unit: '',
    better: 'more',
    of: (trial) => {
      const ms = cpuMs(trial)
      const { confirmed } = trial.counts
      return ms === undefined || ms === 0 ? undefined : mean((confirmed * MS_PER_SECOND) / ms, confirmed)
    },
  },
  soldShare: {
    title: 'sold, of what could be',
    unit: ' %',
    better: 'more',
    of: ({ crowd }) => crowd && share(crowd.sold, Math.min(crowd.units, crowd.buyers), crowd.buyers),
  },
  soldPerSecond: {
    title: 'sold until the last sale',
    unit: '/s',
    better: 'more',
    of: ({ crowd }) =>
      crowd?.lastSaleMs === undefined || crowd.lastSaleMs === 0
        ? undefined
        : mean((crowd.sold * MS_PER_SECOND) / crowd.lastSaleMs, crowd.sold),
  },
  allSoldAfter: {
    title: 'all is sold after',
    unit: ' ms',
    better: 'less',
    of: ({ crowd }) =>
      crowd === undefined || crowd.sold < crowd.units ? undefined : mean(crowd.lastSaleMs, crowd.sold),
  },
  everybodyKnows: {
    title: 'the last buyer knows after',
    unit: ' ms',
    better: 'less',
    of: ({ crowd }) => crowd && mean(crowd.overMs, crowd.buyers),
  },
  servedP99: {
    title: 'answer to a request p99',
    unit: ' ms',
    better: 'less',
    of: ({ crowd }) => wait(crowd?.servedMs, 'p99'),
  },
  knownP50: {
    title: 'buyer knows p50',
    unit: ' ms',
    better: 'less',
    of: ({ crowd }) => wait(crowd?.knownMs, 'p50'),
  },
  overtaken: {
    title: 'pairs in which the later buyer was sold to first, or alone',
    unit: ' %',
    better: 'less',
    of: ({ crowd }) => crowd && share(crowd.inversions, crowd.pairs, crowd.sold),
  },
  noAnswer: {
    title: 'buyers who left without an answer',
    unit: ' %',
    better: 'less',
    of: ({ crowd }) => crowd && share(crowd.buyers - crowd.sold - crowd.refused, crowd.buyers, crowd.buyers),
  },
  inVain: {
    title: 'requests carried out for nobody',
    unit: ' %',
    better: 'less',
    of: ({ crowd }) => {
      if (crowd === undefined) return undefined
      const all = crowd.servedMs.count + crowd.inVain
      return share(crowd.inVain, all, all)
    },
  },
  batch: {
    title: 'callers per batch',
    unit: '',
    better: 'more',
    of: ({ batches }) => batches && mean(batches.mean, batches.count),
  },
} as const satisfies Readonly<Record<string, FigureKind>>

export type FigureName = keyof typeof KINDS

export const figureKinds: Readonly<Record<FigureName, FigureKind>> = KINDS
