/**
 * `npm run scale`: writes the generated part of docs/scale.md from the published study and from what
 * docs/waiting-room.md and docs/shop.md say was measured. A test compares the page with these.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { ExperimentData } from '../../experiments/data.ts'
import { oneMap } from '../../experiments/one-map.ts'
import { oneSeat } from '../../experiments/one-seat.ts'
import { SIMPLEST_FIRST } from '../../experiments/simplest-first.ts'
import { PUBLISHED, storedExperiment } from '../../experiments/stored.ts'
import {
  INSIDE_AT_ONCE,
  mapTraffic,
  ONSALE,
  type RoomFigures,
  roomOf,
  SEATS_PER_SECOND,
  type Selling,
  sellingOf,
} from './arithmetic.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const FILE = path.join(ROOT, 'docs/scale.md')
const BEGIN = '<!-- scale -->'
const END = '<!-- /scale -->'

export function scaleTold(): string {
  return readFileSync(FILE, 'utf8')
}

/** The page with its generated part renewed. Throws where a document no longer says what is read from it. */
export async function scaleToTell(page: string = scaleTold()): Promise<string> {
  const [before, rest] = page.split(BEGIN)
  const after = rest?.split(END)[1]
  if (before === undefined || after === undefined) throw new Error(`docs/scale.md has no ${BEGIN} … ${END}`)
  return `${before}${BEGIN}\n${await generated()}\n${END}${after}`
}

function docs(name: string): string {
  return readFileSync(path.join(ROOT, 'docs', name), 'utf8')
}

/** The numbers in a sentence of a document, by the groups of a pattern. */
function numbersIn(name: string, pattern: RegExp): readonly number[] {
  const found = pattern.exec(docs(name).replaceAll(/\s+/g, ' '))
  if (found === null) throw new Error(`docs/${name} no longer says ${pattern.source}`)
  return found.slice(1).map((text) => Number(text.replaceAll(',', '')))
}

const NUMBER = '([0-9.,]*[0-9])'

function sentence(name: string, words: string): readonly number[] {
  const escaped = words.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('#', NUMBER)
  return numbersIn(name, new RegExp(escaped))
}

function one(values: readonly number[], at = 0): number {
  const value = values[at]
  if (value === undefined || !Number.isFinite(value)) throw new Error('a figure is no number')
  return value
}

function roomFigures(): RoomFigures {
  const streams = sentence(
    'waiting-room.md',
    '| # streams in one process | # KiB each in the process, # KiB in the store',
  )
  const joins = sentence('waiting-room.md', 'At # a second a join takes # ms of processor time')
  return {
    streamsOfOneProcess: one(streams),
    processKib: one(streams, 1),
    storeKib: one(streams, 2),
    toldCpuS: one(sentence('waiting-room.md', 'knows | after # s; # s of processor time'), 1),
    storeKibWithoutStream: one(sentence('waiting-room.md', 'positions without a connection | # KiB each')),
    joinCpuMs: one(joins, 1),
    joinsTried: one(joins),
  }
}

async function dataOf(experiment: typeof oneMap): Promise<ExperimentData> {
  const data = await storedExperiment(experiment, PUBLISHED)
  if (data === undefined) throw new Error(`the study of ${experiment.name} is not published`)
  return data
}

async function selling(): Promise<readonly (readonly [strategy: string, Selling])[]> {
  const [map, seat] = await Promise.all([dataOf(oneMap), dataOf(oneSeat)])
  return SIMPLEST_FIRST.flatMap((strategy) => {
    const value = (data: ExperimentData, figure: Parameters<ExperimentData['figure']>[0]) =>
      data.figure(figure, { strategy })?.median
    const salesPerSecond = value(map, 'sales')
    if (salesPerSecond === undefined) return []
    const figures = {
      salesPerSecond,
      salesPerCpuSecond: value(map, 'salesPerCpuSecond'),
      connectionMs: value(map, 'connectionMs'),
      answersPerSecond: value(seat, 'truthfulAnswers'),
    }
    return [[strategy, sellingOf(figures)] as const]
  })
}

/** Two digits: the figures beneath carry no more. */
function round(value: number): string {
  return Number(value.toPrecision(2)).toLocaleString('en')
}

function span(seconds: number | undefined): string {
  if (seconds === undefined) return '–'
  if (seconds < 120) return `${round(seconds)} s`
  if (seconds < 2 * 3_600) return `${round(seconds / 60)} min`
  return `${round(seconds / 3_600)} h`
}

const or = (value: number | undefined): string => (value === undefined ? '–' : round(value))

const MEGA = 1e6
const GIGA = 1e9

async function generated(): Promise<string> {
  const rows = await selling()
  const figures = roomFigures()
  const room = roomOf(figures)
  const traffic = mapTraffic()
  const { visitors, seats } = ONSALE
  const answered = rows.flatMap(([, { allAnsweredAfterS }]) => allAnsweredAfterS ?? [])
  const sold = rows.map(([, { soldAfterS }]) => soldAfterS)
  const cpu = rows.flatMap(([, { cpuS }]) => cpuS ?? [])
  const tooSlow = rows.filter(([, { soldAfterS }]) => soldAfterS > ONSALE.soldWithinS)
  const streamsMax = one(sentence('shop.md', '#; open seat maps'.replace(';', '')))
  const ofShop = sentence('shop.md', 'level 3 sold # (`redis-lua`) and # (')
  const level1 = one(sentence('shop.md', 'level 1 sold #;'))
  const bits = (bytesPerSecond: number): string => `${round((8 * bytesPerSecond) / GIGA)} Gbit/s`
  return `## The sale, by strategy

${count(visitors)} people, ${count(seats)} seats; to be sold within ${span(ONSALE.soldWithinS)}, which is ${round(SEATS_PER_SECOND)} seats a second.

| strategy | sells ${count(seats)} seats in | processor time for them, s | processors at that pace | connections in use at that pace | all ${count(visitors)} answered, without a waiting room | machines like this one, to answer all within a minute |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
${rows.map(([name, each]) => `| ${name} | ${span(each.soldAfterS)} | ${or(each.cpuS)} | ${or(each.processors)} | ${or(each.connections)} | ${span(each.allAnsweredAfterS)} | ${or(each.machines)} |`).join('\n')}

Selling is the small part: between ${span(Math.min(...sold))} and ${span(Math.max(...sold))}, on the two processors that the study had. ${
    tooSlow.length === 0
      ? 'Every strategy keeps the pace'
      : `All keep the pace but ${tooSlow.map(([name]) => name).join(', ')}`
  }, with at most ${or(Math.max(...rows.flatMap(([, { connections }]) => connections ?? [])))} connections at work and ${round(Math.min(...cpu))} to ${round(Math.max(...cpu))} s of processor time. The
shop around it costs ${round(seats / one(ofShop, 1))} s (level 3) to ${round(seats / level1)} s (level 1) for ${count(seats)} tickets.

The load is those who get nothing. If all of them asked for the seat themselves, the last would be answered after ${span(Math.min(...answered))} with the
strategy that answers losers fastest, and after ${span(Math.max(...answered))} with the slowest, which has sold everything long before. The
last column divides the losers among machines of two processors each. That helps many events at once, and not one hot event: its seats are decided
on one server, whatever stands beside it.

## The line

| for each visitor, as measured | | for ${count(visitors)} |
| --- | ---: | ---: |
| a join over HTTP, processor time | ${figures.joinCpuMs} ms | ${round(room.joinCpuS)} s: ${round(room.processors)} processors, if all come within a minute |
| a place in the store, with a stream | ${figures.storeKib} KiB | ${round(room.storeGib)} GiB |
| a place in the store, without | ${figures.storeKibWithoutStream.toFixed(2)} KiB | ${round(room.storeGibWithoutStream)} GiB |
| an open stream in the process | ${figures.processKib} KiB | ${round(room.processGib)} GiB in ${round(room.processes)} processes of ${count(figures.streamsOfOneProcess)}, the most that was tried |
| told that all is sold, processor time | ${round((1e6 * figures.toldCpuS) / figures.streamsOfOneProcess)} µs | ${round(room.toldCpuS)} s |

That is ${round(room.joinsPerSecond)} joins a second, all into one store. One store was tried with ${count(figures.joinsTried)} a second, at which ${count(visitors)} take ${span(60 * room.minutesAtTriedRate)}: what
it bears was not found, because the two processors gave out first.

## The seat map

| for each viewer | |
| --- | ---: |
| the map, two bits a seat | ${round(traffic.firstBytes / 1_000)} kB |
| what changes until all is sold, ${round(traffic.laterBytes / seats)} bytes a seat | ${round(traffic.laterBytes / 1_000)} kB |
| a second, at the pace of the sale | ${round(traffic.bytesPerSecond)} bytes |

| who looks | the map within a minute | changes |
| --- | ---: | ---: |
| those inside: ${round(INSIDE_AT_ONCE)} at once, ${ONSALE.seatsPerBuyer} seats each, ${span(ONSALE.holdS)} each | ${bits((INSIDE_AT_ONCE * traffic.firstBytes) / 60)} | ${bits(INSIDE_AT_ONCE * traffic.bytesPerSecond)} |
| all ${count(visitors)} | ${bits((visitors * traffic.firstBytes) / 60)} | ${bits(visitors * traffic.bytesPerSecond)} |

A process of the shop opens at most ${count(streamsMax)} seat maps, so those inside need ${round(INSIDE_AT_ONCE / streamsMax)}; all need ${round(visitors / streamsMax)}. One copy of the map for everybody, renewed
once a second behind a cache, is ${round((visitors * traffic.firstBytes) / MEGA / 1_000)} GB a second at the edge for all, and ${round(traffic.firstBytes / 1_000)} kB a second at the origin.`
}

function count(value: number): string {
  return value.toLocaleString('en')
}

if (process.argv[1] === import.meta.filename) writeFileSync(FILE, await scaleToTell())
