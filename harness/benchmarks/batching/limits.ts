/**
 * Batched strategies beside what limits them: the same rows written by the server itself, and full batches
 * sent by its client alone, without a strategy. All take turns, and each says what a hold costs in processor
 * time, in this process and in the servers.
 */
import Table from 'cli-table3'
import type { Engines } from '../../engines/open.ts'
import { formatFigure } from '../../report/format.ts'
import { BORDERLESS } from '../../report/table.ts'
import { formatRatio, type Reached } from '../in-turn.ts'
import { LoadedStrategy, type StrategyLoad } from '../loaded-strategy.ts'
import { FullBatches } from './full-batches.ts'
import { RowsAlone } from './on-postgres.ts'
import { type HoldMaker, type MadeHolds, madeInTurns, reachablePerSecond } from './turns.ts'

const TURNS = { rounds: 5, turnMs: 1_000 } as const
const HOT_ROW: StrategyLoad = { callers: 2_048, rows: 1 }
const SPREAD: StrategyLoad = { callers: 2_048, rows: 200 }
/** Enough to fill a request of TigerBeetle. */
const FULL: StrategyLoad = { callers: 8_189, rows: 1 }

/** A ratio that a strategy should reach of another side, and a rate. */
interface LimitGoal {
  readonly maker: HoldMaker
  readonly of: HoldMaker
  readonly ratio?: number
  readonly perSecond: number
}

/** Of one engine: the lines for a reader. */
export interface EngineLimits {
  readonly table: string
  readonly told: readonly string[]
}

export async function postgresLimits(engines: Engines): Promise<EngineLimits> {
  await using rows = await RowsAlone.open(engines)
  await using strategy = await LoadedStrategy.open('postgres-conditional-update-batched', engines)
  const [inside, sent] = [rows.inside(), rows.sent()]
  const [hot, spread] = [loaded(strategy, HOT_ROW), loaded(strategy, SPREAD)]
  const made = await madeInTurns([inside, sent, hot, spread], TURNS)
  const least = { client: made.get(sent), server: made.get(inside) }
  return {
    table: tableOf(made, inside),
    told: [
      ...goalsTold(made, [
        { maker: hot, of: inside, ratio: 0.6, perSecond: 100_000 },
        { maker: spread, of: inside, perSecond: 60_000 },
      ]),
      reachableTold('pg alone', 'the server by itself', least),
    ],
  }
}

export async function tigerbeetleLimits(engines: Engines): Promise<EngineLimits> {
  await using strategy = await LoadedStrategy.open('tigerbeetle-pending-transfer-batched', engines)
  const { tigerbeetle } = strategy.connections
  if (tigerbeetle === undefined) throw new Error('the strategy has no client')
  const full = await FullBatches.open(tigerbeetle.client, tigerbeetle.ledger)
  const alone = (underWay: number): HoldMaker => ({
    name: `the client alone, full requests, ${underWay} under way`,
    make: async (_, durationMs) => (await full.transfers(durationMs, underWay)).done,
  })
  const [one, two] = [alone(1), alone(2)]
  const [hot, filled] = [loaded(strategy, HOT_ROW), loaded(strategy, FULL)]
  const made = await madeInTurns([one, two, hot, filled], TURNS)
  return {
    table: tableOf(made, one),
    told: [
      ...goalsTold(made, [
        { maker: hot, of: one, ratio: 0.8, perSecond: 100_000 },
        { maker: filled, of: one, ratio: 0.8, perSecond: 100_000 },
      ]),
      reachableTold('the client alone', 'the server', { client: made.get(one), server: made.get(one) }),
    ],
  }
}

function loaded(strategy: LoadedStrategy, load: StrategyLoad): HoldMaker {
  const { callers, rows } = load
  const where = rows === 1 ? 'one row' : `${rows} rows`
  return {
    name: `the strategy, ${callers} callers, ${where}`,
    make: async (round, durationMs) => {
      const { done }: Reached = await strategy.holds(`${round}-${callers}-${rows}`, load, durationMs)
      return done
    },
  }
}

function tableOf(made: ReadonlyMap<HoldMaker, MadeHolds>, whole: HoldMaker): string {
  const table = new Table({
    ...BORDERLESS,
    head: ['who makes holds', 'holds/s', 'ratio', 'client µs', 'servers µs'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
  })
  const most = made.get(whole)?.perSecond ?? Number.NaN
  for (const [{ name }, { perSecond, clientUs, serverUs }] of made) {
    table.push([
      name,
      formatFigure(perSecond),
      formatRatio(perSecond / most),
      formatFigure(clientUs),
      formatFigure(serverUs),
    ])
  }
  return table.toString()
}

function goalsTold(made: ReadonlyMap<HoldMaker, MadeHolds>, goals: readonly LimitGoal[]): readonly string[] {
  return goals.map(({ maker, of, ratio, perSecond }) => {
    const reached = made.get(maker)?.perSecond ?? Number.NaN
    const part = reached / (made.get(of)?.perSecond ?? Number.NaN)
    const goal = ratio === undefined ? '' : ` (goal ${formatRatio(ratio)})`
    return `${maker.name}: ${formatRatio(part)} of ${of.name}${goal}, ${formatFigure(reached)} holds/s (goal ${formatFigure(perSecond)})`
  })
}

function reachableTold(
  clients: string,
  servers: string,
  { client, server }: { readonly client: MadeHolds | undefined; readonly server: MadeHolds | undefined },
): string {
  const [clientUs, serverUs] = [client?.clientUs ?? Number.NaN, server?.serverUs ?? Number.NaN]
  const bound = formatFigure(reachablePerSecond(clientUs, serverUs))
  return `what no strategy can exceed here: ${bound} holds/s, from ${formatFigure(clientUs)} µs of ${clients} and ${formatFigure(serverUs)} µs of ${servers}`
}
