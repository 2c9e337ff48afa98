/** Several ways to make holds, in turns: what each reaches, and what a hold costs here and in the servers. */
import { availableParallelism } from 'node:os'
import { monotonicMs } from '../../clock.ts'
import { serversCpuMs } from '../../trial/servers-cpu.ts'
import { medianOf } from '../in-turn.ts'

export interface HoldMaker {
  readonly name: string
  /** Makes holds for so long, and returns how many. `round` is another number each time. */
  make(round: number, durationMs: number): Promise<number>
}

/** Medians of all rounds; processor time in microseconds for each hold. */
export interface MadeHolds {
  readonly perSecond: number
  readonly clientUs: number
  /** NaN where the system does not tell. */
  readonly serverUs: number
}

/** Who comes first changes from round to round. The first round compiles and connects, and does not count. */
export async function madeInTurns(
  makers: readonly HoldMaker[],
  { rounds, turnMs }: { readonly rounds: number; readonly turnMs: number },
): Promise<ReadonlyMap<HoldMaker, MadeHolds>> {
  const turns = new Map<HoldMaker, MadeHolds[]>(makers.map((maker) => [maker, []]))
  for (let round = 0; round <= rounds; round++) {
    const first = round % makers.length
    for (const maker of [...makers.slice(first), ...makers.slice(0, first)]) {
      const turn = await madeInOneTurn(maker, round, turnMs)
      if (round > 0) turns.get(maker)?.push(turn)
    }
  }
  return new Map([...turns].map(([maker, each]) => [maker, medians(each)]))
}

async function madeInOneTurn(maker: HoldMaker, round: number, turnMs: number): Promise<MadeHolds> {
  const serversBefore = serversMs()
  const clientBefore = process.cpuUsage()
  const started = monotonicMs()
  const holds = await maker.make(round, turnMs)
  const elapsedMs = monotonicMs() - started
  const { user, system } = process.cpuUsage(clientBefore)
  return {
    perSecond: (holds / elapsedMs) * 1_000,
    clientUs: (user + system) / holds,
    serverUs: ((serversMs() - serversBefore) * 1_000) / holds,
  }
}

function serversMs(): number {
  const each = serversCpuMs()
  return each === undefined ? Number.NaN : [...each.values()].reduce((sum, ms) => sum + ms, 0)
}

function medians(turns: readonly MadeHolds[]): MadeHolds {
  const of = (figure: keyof MadeHolds): number => medianOf(turns.map((turn) => turn[figure]))
  return { perSecond: of('perSecond'), clientUs: of('clientUs'), serverUs: of('serverUs') }
}

/**
 * Holds a second that no code between the two can exceed: the client's least work for a hold on one thread,
 * the server's on another, and both on the cores that there are.
 */
export function reachablePerSecond(clientUs: number, serverUs: number): number {
  return 1e6 / Math.max(clientUs, serverUs, (clientUs + serverUs) / availableParallelism())
}
