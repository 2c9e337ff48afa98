/** TigerBeetle with one and with thousands of callers, in several processes; and PostgreSQL in batches? */
import { lasting } from '../harness/compare/plan.ts'
import { sellOut } from '../harness/workloads/sell-out.ts'
import type { ExperimentData } from './data.ts'
import type { Experiment } from './experiment.ts'
import { basis, ifAtLeast, ifMore, notCarried, ranking, times, told } from './say.ts'

const TRANSFERS = 'tigerbeetle-pending-transfer'
const TRANSFERS_BATCHED = `${TRANSFERS}-batched`
const UPDATES = 'postgres-conditional-update'
const UPDATES_BATCHED = `${UPDATES}-batched`
const BATCHED = [TRANSFERS_BATCHED, UPDATES_BATCHED]
/** About as many as stood behind the talk's five or six callers per batch. */
const TALK = 8
const CROWD = 512
const MANY = [8_192, 65_536]
const PROCESSES = [1, 2, 3]

export const batching: Experiment = {
  name: 'batching',
  question:
    'Is it the engine or the batching: TigerBeetle and PostgreSQL from 1 to 65,536 callers, in 1 to 3 processes?',
  prediction:
    'Alone, a caller gains nothing from batches. From dozens of callers on both engines answer several times as many, since a durable write is shared; the gain grows until the batches are full or the one thread of the client is. More processes split the callers into smaller batches: if that thread was the limit they gain, and if the engine was they lose.',
  factors: [
    { name: 'callers', levels: [1, TALK, CROWD, ...MANY].map(String) },
    { name: 'batches', levels: ['with', 'without'] },
    { name: 'processes', levels: PROCESSES.map(String) },
  ],
  sections: (scale) => [
    {
      workloads: [lasting(sellOut.name, scale.durationMs(1_000))],
      concurrency: [1, TALK, CROWD],
      repeats: scale.repeats,
      strategies: [TRANSFERS, TRANSFERS_BATCHED, UPDATES, UPDATES_BATCHED],
    },
    ...MANY.map((callers) => ({
      workloads: [lasting(sellOut.name, scale.durationMs(1_000))],
      concurrency: [callers],
      repeats: scale.repeats,
      strategies: BATCHED,
      // Each caller's first hold is in flight, is judged, and is audited.
      tailMs: callers / 8,
    })),
    ...PROCESSES.slice(1).map((processes) => ({
      workloads: [lasting(sellOut.name, scale.durationMs(1_000))],
      concurrency: [CROWD],
      repeats: scale.repeats,
      strategies: BATCHED,
      processes,
      tailMs: 1_200,
    })),
  ],
  figures: ['goodput', 'holdP95', 'batch', 'clientCpu', 'serversCpu', 'salesPerCpuSecond'],
  chart: { title: 'Holds granted per second', figure: 'goodput', along: 'concurrency' },
  expectations: [
    {
      words: 'hundreds of callers get more from batches of PostgreSQL than without',
      figure: 'goodput',
      more: alone(UPDATES_BATCHED, CROWD),
      than: alone(UPDATES, CROWD),
    },
    {
      words: 'hundreds of callers get more from batches of TigerBeetle than without',
      figure: 'goodput',
      more: alone(TRANSFERS_BATCHED, CROWD),
      than: alone(TRANSFERS, CROWD),
    },
  ],
  claims: [
    {
      source: 'tigerfans',
      claim: 'Callers batched together gave the last 8 %, at five to six per batch.',
      lacks: ['HTTP, sessions and orders around each reservation', 'Python'],
      judge(data) {
        const batched = data.figure('goodput', alone(TRANSFERS_BATCHED, TALK))
        const single = data.figure('goodput', alone(TRANSFERS, TALK))
        const size = data.figure('batch', alone(TRANSFERS_BATCHED, TALK))
        if (batched === undefined || single === undefined) return notCarried()
        return {
          outcome: ifMore(batched, single, 'in-part'),
          measured: `With ${TALK} callers, ${told(size)} per batch, transfers in batches compared with single ones: ${times(batched, single)}${basis([batched, single])}.`,
        }
      },
    },
    {
      source: 'tigerfans',
      claim: 'More worker processes make batches smaller and the service slower: 5.3 → 2.9 and 977 → 770.',
      lacks: ['HTTP, sessions and orders around each reservation', 'about ten callers instead of hundreds'],
      judge: (data) => judgedByProcesses(data),
    },
    {
      source: 'tigerfans',
      claim: 'One process sells 977 tickets per second, about fifteen times the Oasis sale.',
      lacks: ['HTTP, sessions and orders around each reservation', 'a payment'],
      judge(data) {
        const rate = data.figure('goodput', alone(TRANSFERS_BATCHED, CROWD))
        if (rate === undefined) return notCarried()
        return {
          outcome: ifAtLeast(rate, 977, 'in-part'),
          measured: `The reservation alone, in one process with ${CROWD} callers: ${told(rate)}${basis([rate])}.`,
        }
      },
    },
  ],
  answer(data) {
    const pairs = [
      [TRANSFERS_BATCHED, TRANSFERS],
      [UPDATES_BATCHED, UPDATES],
    ] as const
    const gains = pairs.map(([batched, single]) => {
      const [one, crowd] = [1, CROWD].map((callers) =>
        times(
          data.figure('goodput', alone(batched, callers)),
          data.figure('goodput', alone(single, callers)),
        ),
      )
      return `${single}: ${one} with 1 caller, ${crowd} with ${CROWD} callers`
    })
    const largest = BATCHED.map((strategy) => data.figure('goodput', alone(strategy, MANY.at(-1) ?? 0)))
    const split = PROCESSES.map((processes) =>
      data.figure('goodput', { strategy: TRANSFERS_BATCHED, concurrency: CROWD, processes }),
    )
    return `What batches gain on one counter: ${gains.join('; ')}. With ${MANY.at(-1)?.toLocaleString('en-US')} callers: ${ranking(largest)}. TigerBeetle with ${CROWD} callers, divided among processes: ${ranking(split, ({ of }) => `${of.processes} ${of.processes === 1 ? 'process' : 'processes'}`)}.${basis([...largest, ...split])}`
  },
}

function alone(strategy: string, concurrency: number) {
  return { strategy, concurrency, processes: 1 }
}

function judgedByProcesses(data: ExperimentData) {
  const of = (processes: number) => ({ strategy: TRANSFERS_BATCHED, concurrency: CROWD, processes })
  const most = PROCESSES.at(-1) ?? 1
  const [few, many] = [data.figure('goodput', of(1)), data.figure('goodput', of(most))]
  const [large, small] = [data.figure('batch', of(1)), data.figure('batch', of(most))]
  if (few === undefined || many === undefined || large === undefined || small === undefined)
    return notCarried()
  const [slower, smaller] = [ifMore(few, many, 'holds'), ifMore(large, small, 'holds')]
  return {
    outcome:
      slower === smaller ? slower : slower === 'holds' || smaller === 'holds' ? 'in-part' : 'undecided',
    measured: `${CROWD} callers: 1 process ${told(few)} at ${told(large)} per batch, ${most} processes ${told(many)} at ${told(small)}${basis([few, many])}.`,
  } as const
}
