/** Reads results files back. What is no results file is refused in one sentence, before anything is made of it. */
import { readFile, stat } from 'node:fs/promises'
import * as v from 'valibot'
import type { Race } from '../checker/race.ts'
import type { Results } from './results.ts'

/** A file is not there, or is not what a run writes. The message is one sentence for the user. */
export class ResultsFileError extends Error {
  override readonly name = 'ResultsFileError'
}

/** A run of every strategy writes about a megabyte; what is a hundred times larger was not written by one. */
const BYTES_MAX = 100 * 2 ** 20

const text = v.string()
const figure = v.pipe(v.number(), v.finite(), v.minValue(0))
const moment = v.pipe(v.number(), v.finite())
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const engineName = v.picklist(['postgres', 'redis', 'tigerbeetle'])
const rule = v.picklist(['O1', 'O2', 'R1', 'L', 'I', 'V', 'A', 'S'])

function list<const T extends v.GenericSchema>(item: T): v.ArraySchema<T, undefined> {
  return v.array(item)
}

const percentiles = v.object({
  count,
  p50: figure,
  p75: v.exactOptional(figure),
  p90: v.exactOptional(figure),
  p95: figure,
  p99: figure,
  p999: v.exactOptional(figure),
  max: figure,
})

const call = v.object({
  client: count,
  op: v.picklist(['hold', 'confirm', 'release', 'availability']),
  answer: text,
  isUnknown: v.boolean(),
  fromMs: moment,
  untilMs: moment,
})

const race: v.GenericSchema<unknown, Race> = v.object({
  rule,
  kind: v.picklist(['oversell', 'undersell', 'broken-promise']),
  message: text,
  resourceId: v.exactOptional(text),
  atMs: v.exactOptional(moment),
  fromMs: moment,
  untilMs: moment,
  holds: list(
    v.object({
      holdId: text,
      lines: list(v.tuple([text, count])),
      calls: list(call),
      has: v.exactOptional(v.object({ fromMs: moment, untilMs: v.exactOptional(moment) })),
    }),
  ),
  reads: list(call),
})

/** Names that a promise had in results of earlier days. */
const FORMERLY: ReadonlyMap<string, string> = new Map([
  ['engine-forgets', 'lost-writes'],
  ['afresh', 'retryable'],
])
const renamed = v.pipe(
  v.string(),
  v.transform((name) => FORMERLY.get(name) ?? name),
)

const promises = v.object({
  safe: v.picklist(['always', 'without-faults', 'never']),
  unsafeUnder: list(v.pipe(renamed, v.picklist(['client-pause', 'lost-writes']))),
  refusals: v.picklist(['exact', 'spurious']),
  contention: v.picklist(['waits', 'gives-up', 'retries', 'polls', 'never']),
  expiry: v.picklist(['lazy', 'engine']),
  clock: engineName,
  freesLateMs: figure,
  refusedIds: v.pipe(renamed, v.picklist(['retryable', 'final'])),
  fairness: v.picklist(['queue', 'none']),
})

const trial = v.object({
  strategy: text,
  promises,
  workload: text,
  concurrency: count,
  repeat: count,
  seed: count,
  workInsideMs: v.exactOptional(figure),
  elapsedMs: figure,
  counts: v.object({
    held: count,
    replayed: count,
    soldOut: count,
    contended: count,
    idReused: count,
    unknown: count,
    confirmed: count,
    confirmGone: count,
    released: count,
    reads: count,
  }),
  goodputPerSecond: figure,
  latencyMs: v.object({
    hold: percentiles,
    confirm: v.exactOptional(percentiles),
    release: v.exactOptional(percentiles),
    bystanderHold: v.exactOptional(percentiles),
    read: v.exactOptional(percentiles),
  }),
  attemptsPerSuccess: figure,
  connectionSecondsPerSuccess: figure,
  poolWaitMs: percentiles,
  timeSpent: v.exactOptional(
    v.object({ callsSeconds: figure, poolWaitSeconds: figure, connectionSeconds: figure }),
  ),
  timeline: v.exactOptional(
    v.object({
      bucketMs: v.pipe(figure, v.gtValue(0)),
      held: list(count),
      soldOut: list(count),
      contended: list(count),
      unknown: list(count),
    }),
  ),
  batches: v.exactOptional(v.object({ count, mean: figure, p95: figure, max: figure })),
  load: v.exactOptional(
    v.object({
      profile: text,
      offeredPerSecond: v.exactOptional(figure),
      droppedIterations: count,
      workers: count,
    }),
  ),
  verdict: v.picklist(['valid', 'invalid', 'unknown']),
  asPromised: v.boolean(),
  verdictReasons: list(text),
  violations: list(v.object({ rule, kind: text, message: text })),
  violationsTotal: count,
  oversoldUnits: count,
  overheldUnits: count,
  spuriousRefusals: count,
  conviction: v.exactOptional(text),
  race: v.exactOptional(race),
  historyFile: v.exactOptional(text),
})

/** Whatever a file has beyond this is left out: a newer version may have written it. */
const results: v.GenericSchema<unknown, Results> = v.object({
  format: v.literal(1),
  startedAt: v.pipe(text, v.isoTimestamp()),
  finishedAt: v.pipe(text, v.isoTimestamp()),
  command: text,
  seed: count,
  machine: v.object({ os: text, cpu: text, cores: count, memoryGib: figure, node: text }),
  commit: v.exactOptional(text),
  engines: list(
    v.object({
      name: engineName,
      version: text,
      source: text,
      durability: text,
      settings: v.record(text, text),
    }),
  ),
  settings: v.object({
    durationMs: figure,
    warmupMs: figure,
    repeats: count,
    concurrency: list(count),
    workloads: list(text),
    poolSize: count,
    workInsideMs: figure,
  }),
  strategies: v.exactOptional(list(v.object({ name: text, summary: text, engines: list(engineName) }))),
  control: v.object({
    caught: v.boolean(),
    strategy: text,
    workload: text,
    rounds: count,
    oversoldUnits: count,
    overheldUnits: count,
    conviction: text,
    race: v.exactOptional(race),
    historyFile: v.exactOptional(text),
  }),
  trials: list(trial),
  explorations: v.exactOptional(
    list(
      v.object({
        strategy: text,
        scenario: text,
        clients: count,
        outcome: v.picklist(['proved', 'violated', 'unknown']),
        schedules: count,
        violating: count,
        schedule: v.exactOptional(text),
        diagramSvg: v.exactOptional(text),
      }),
    ),
  ),
  notProven: list(v.object({ strategy: text, why: text, remedy: text })),
  interrupted: v.boolean(),
})

/** Throws a `ResultsFileError` for whatever is not a whole results file. */
export async function readResults(file: string): Promise<Results> {
  const found = await stat(file).catch(() => undefined)
  if (found === undefined) throw new ResultsFileError(`there is no file ${file}`)
  if (!found.isFile()) throw new ResultsFileError(`${file} is not a file`)
  if (found.size === 0) throw new ResultsFileError(`${file} is not a results file: it is empty`)
  if (found.size > BYTES_MAX) {
    throw new ResultsFileError(`${file} is not a results file: it is larger than ${BYTES_MAX / 2 ** 20} MiB`)
  }
  let content: string
  try {
    content = await readFile(file, 'utf8')
  } catch (cause) {
    throw new ResultsFileError(`${file} cannot be read`, { cause })
  }
  let data: unknown
  try {
    data = JSON.parse(content)
  } catch (cause) {
    const isCut = content.trimStart().startsWith('{') && !content.trimEnd().endsWith('}')
    const why = isCut ? 'it breaks off before its end' : 'it is not JSON'
    throw new ResultsFileError(`${file} is not a results file: ${why}`, { cause })
  }
  return parseResults(data, file)
}

/** `name`: what the sentence of a refusal calls the data. */
export function parseResults(data: unknown, name: string): Results {
  const format = typeof data === 'object' && data !== null && 'format' in data ? data.format : undefined
  if (typeof format === 'number' && format !== 1) {
    throw new ResultsFileError(`${name} is of format ${format}, and this version of Holdfast reads format 1`)
  }
  const parsed = v.safeParse(results, data, { abortEarly: true })
  if (parsed.success) return parsed.output
  const [issue] = parsed.issues
  const where = v.getDotPath(issue)
  throw new ResultsFileError(
    `${name} is not a results file: ${where === null ? '' : `${where}: `}${oneLine(issue.message)}`,
  )
}

/** A library's message, with what it received cut to a length that a terminal shows. */
function oneLine(message: string): string {
  const line = message.replaceAll(/\s+/g, ' ')
  return line.length > MESSAGE_LENGTH_MAX ? `${line.slice(0, MESSAGE_LENGTH_MAX)}…` : line
}
const MESSAGE_LENGTH_MAX = 160
