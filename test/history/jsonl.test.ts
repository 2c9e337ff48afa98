/**
 * Goal: a history on disk is all there or is not there, and nothing that is wrong with it is taken for
 * data. Method: random records there and back, and one malformed file for each thing that can be wrong.
 */
import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  HistoryFormatError,
  HistoryWriteError,
  readHistory,
  writeHistory,
} from '../../harness/history/files.ts'
import type { HistoryRecord } from '../../harness/history/record.ts'
import { audit, confirm, header, held, read, release, soldOut } from '../checker/histories.ts'
import { seeded } from '../checker/seeded.ts'
import { EVERYTHING, recordsOf, simulate } from '../checker/simulate.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-history-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function readAll(path: string): Promise<HistoryRecord[]> {
  const records: HistoryRecord[] = []
  for await (const record of readHistory(path)) records.push(record)
  return records
}

async function wrong(text: string | Uint8Array): Promise<HistoryFormatError> {
  const path = join(folder, 'wrong.jsonl')
  await writeFile(path, text)
  const error: unknown = await readAll(path).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(HistoryFormatError)
  return error as HistoryFormatError
}

const seat = header({ seat: 1 })
const hold = held('a', { seat: 1 }, [0, 1])
const lines = (...records: readonly object[]) =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('')

/** With the last line that `writeHistory` adds. */
function sealed(text: string): string {
  const records = text.split('\n').length - 1
  return `${text}${JSON.stringify({ type: 'seal', records, crc32: crc32(text) })}\n`
}

describe('a history on disk', () => {
  it('is read as it was written', async () => {
    const path = join(folder, 'round-trip.jsonl')
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.string({ unit: 'grapheme', maxLength: 40 }), async (seed, error) => {
        const records = recordsOf(simulate(seeded(seed), EVERYTHING)).map((record) =>
          record.type === 'operation' && record.result === 'info' ? { ...record, error } : record,
        )
        await writeHistory(path, records)
        expect(await readAll(path)).toEqual(records)
      }),
      { numRuns: 200 },
    )
  })

  it('may have lines longer than are read at a time, and characters of several bytes', async () => {
    const path = join(folder, 'long.jsonl')
    const many = header(Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`Säle-💺-${at}`, 1])))
    const records = [
      many,
      held('a', { 'Säle-💺-7': 1 }, [0, 1]),
      audit([], { complaints: ['é'.repeat(400_000)] }),
    ]
    await writeHistory(path, records)
    expect(await readAll(path)).toEqual(records)
  })

  it('takes the place of an older one only when it is complete', async () => {
    const path = join(folder, 'replaced.jsonl')
    await writeHistory(path, [seat, hold])
    async function* broken(): AsyncGenerator<HistoryRecord> {
      yield seat
      throw new Error('the run ended')
    }
    await expect(writeHistory(path, broken())).rejects.toThrow('the run ended')
    expect(await readAll(path)).toEqual([seat, hold])
    expect((await readdir(folder)).filter((name) => name.endsWith('.unfinished'))).toEqual([])
  })

  it('that cannot be written says so in a sentence', async () => {
    const path = join(folder, 'nowhere', 'history.jsonl')
    const error: unknown = await writeHistory(path, [seat]).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(HistoryWriteError)
    expect(String(error)).toMatch(/^HistoryWriteError: The history could not be written to .*ENOENT.*\.$/)
  })

  it.skipIf(process.platform === 'win32')('leaves nothing behind on a full disk', async () => {
    const inner = await mkdtemp(join(folder, 'full-'))
    const module = fileURLToPath(new URL('../../harness/history/files.ts', import.meta.url))
    const script = `
      import { writeHistory } from ${JSON.stringify(module)}
      const long = { type: 'operation', error: 'x'.repeat(100_000) }
      await writeHistory('history.jsonl', Array.from({ length: 100 }, () => long)).catch((error) => console.log(error.message))
    `
    // A file may not grow beyond 512 KiB: to the writer this is a disk that is full.
    const limited = `ulimit -f 512; exec "$0" --no-warnings --input-type=module -e "$1"`
    const child = spawnSync('bash', ['-c', limited, process.execPath, script], {
      cwd: inner,
      encoding: 'utf8',
    })
    expect(child.stdout).toMatch(/^The history could not be written to history\.jsonl: EFBIG.*\.\n$/)
    expect(await readdir(inner)).toEqual([])
  })

  it('ends every line with a line break', async () => {
    const path = join(folder, 'ends.jsonl')
    await writeHistory(path, [seat, hold])
    expect(await readFile(path, 'utf8')).toBe(sealed(lines(seat, hold)))
  })
})

describe('a malformed history', () => {
  const cases: readonly (readonly [what: string, line: number, message: string, text: string])[] = [
    ['an empty file', 1, 'has no header: the file is empty', ''],
    ['no JSON', 2, 'is not JSON', `${lines(seat)}{"type"\n`],
    ['an empty line', 2, 'is empty', `${lines(seat)}\n${lines(hold)}`],
    [
      'a last line cut off',
      2,
      'is cut off: it does not end with a line break',
      lines(seat, hold).slice(0, -20),
    ],
    [
      'a last line without its end',
      2,
      'is cut off: it does not end with a line break',
      lines(seat, hold).trimEnd(),
    ],
    ['no object', 1, 'is not an object', '[]\n'],
    ['no header', 1, 'has no header before it', lines(hold)],
    ['two headers', 3, 'is a second header', lines(seat, hold, seat)],
    ['another format', 1, 'has format 3, and only formats 1 and 2 are known', lines({ ...seat, format: 3 })],
    [
      'no known type',
      2,
      'has "type" "note", not "history", "operation", "clock", "audit" or "seal"',
      lines(seat, { type: 'note' }),
    ],
    [
      'a resource twice',
      1,
      'names the resource "x" twice',
      lines({
        ...seat,
        resources: [
          { id: 'x', capacity: 1 },
          { id: 'x', capacity: 1 },
        ],
      }),
    ],
    [
      'half a unit',
      1,
      'has "capacity" 0.5, not a whole number of at least 1',
      lines({ ...seat, resources: [{ id: 'x', capacity: 0.5 }] }),
    ],
    ['no clock', 1, 'has a "clock" that is missing, not an object', lines({ ...seat, clock: undefined })],
    [
      'a return before its invocation',
      2,
      'returns at 0, before it is invoked at 5',
      lines(seat, { ...hold, invokedUs: 5, returnedUs: 0 }),
    ],
    [
      'a time that is text',
      2,
      'has "invokedUs" "5", not a whole number',
      lines(seat, { ...hold, invokedUs: '5' }),
    ],
    [
      'an unknown operation',
      2,
      'has "op" "steal", not "hold", "confirm", "release" or "availability"',
      lines(seat, { ...hold, op: 'steal' }),
    ],
    [
      'an unknown resource',
      2,
      'names the resource "sofa", which is not in the header',
      lines(seat, held('a', { sofa: 1 }, [0, 1])),
    ],
    [
      'a refusal of an unknown resource',
      2,
      'names the resource "sofa", which is not in the header',
      lines(seat, soldOut('a', { seat: 1 }, [0, 1], 'sofa')),
    ],
    [
      'a read of an unknown resource',
      2,
      'names the resource "sofa", which is not in the header',
      lines(seat, read({ sofa: 1 }, [0, 1])),
    ],
    ['no lines', 2, 'asks for nothing: "lines" is empty', lines(seat, held('a', {}, [0, 1]))],
    [
      'two lines of one resource',
      2,
      'has two lines of "seat"',
      lines(seat, {
        ...hold,
        lines: [
          ['seat', 1],
          ['seat', 1],
        ],
      }),
    ],
    [
      'no units',
      2,
      'has a line ["seat",0], not a resource and a whole number of units, at least 1',
      lines(seat, held('a', { seat: 0 }, [0, 1])),
    ],
    [
      'no deadline',
      2,
      'has "deadlineMs" missing, not a number',
      lines(seat, { ...hold, deadlineMs: undefined }),
    ],
    [
      'a version too many',
      2,
      'has "versions" [1,2], not one whole number for each line',
      lines(seat, { ...hold, versions: [1, 2] }),
    ],
    [
      'an unknown result',
      2,
      'has no known result: it is "maybe", not "ok", "fail" or "info"',
      lines(seat, { ...hold, result: 'maybe' }),
    ],
    [
      'an unknown cause',
      2,
      'is a "confirm" that failed for no known cause: "why" is "tired"',
      lines(seat, { ...confirm('a', [0, 1], 'gone'), why: 'tired' }),
    ],
    [
      'an unknown cause of a release',
      2,
      'is a "release" that failed for no known cause: "why" is missing',
      lines(seat, { ...release('a', [0, 1], 'gone'), why: undefined }),
    ],
    [
      'an unknown reason',
      2,
      'has "reason" "mood", not one of lock-not-available, version-changed, serialization-failure, deadlock, units-in-motion, queue-full, id-refused',
      lines(seat, { ...hold, result: 'fail', why: 'contended', reason: 'mood' }),
    ],
    [
      'an id that is too long',
      2,
      `has "holdId" "${'x'.repeat(59)}…, not a name of 1 to 128 characters`,
      lines(seat, held('x'.repeat(129), { seat: 1 }, [0, 1])),
    ],
    [
      'a record after the audit',
      3,
      'follows the audit, which must be the last record',
      lines(seat, audit([]), hold),
    ],
    [
      'an unknown status',
      2,
      'has a stored hold of no known status: it is "lost"',
      lines(seat, { ...audit([]), holds: [{ id: 'a', status: 'lost', lines: [], deadlineMs: 0 }] }),
    ],
    [
      'a complaint that is no text',
      2,
      'has a complaint that is not text',
      lines(seat, { ...audit([]), complaints: [1] }),
    ],
  ]

  const whole = sealed(lines(seat, hold, audit([])))
  const [first = '', second = '', third = '', seal = ''] = whole.split(/(?<=\n)/)
  const losses: readonly (readonly [what: string, line: number, message: string, text: string])[] = [
    [
      'a line lost',
      3,
      'seals 3 records, but there are 2: some were lost or added',
      `${first}${third}${seal}`,
    ],
    [
      'a line changed',
      4,
      'seals other bytes than those before it: the file was changed',
      whole.replace('"op":"hold"', '"op": "hold"'),
    ],
    ['its end lost', 2, 'is the last one, and no seal: what came after it is lost', `${first}${second}`],
    ['a seal in the middle', 2, 'is a seal, which must be the last line', `${first}${seal}${second}`],
  ]

  for (const [what, line, message, text] of losses) {
    it(`with ${what} is refused`, async () => {
      expect((await wrong(text)).message).toBe(`Line ${line} ${message}.`)
    })
  }

  it('with any one line lost is refused, wherever a piece of the file ends', async () => {
    const all = [seat, ...Array.from({ length: 3_000 }, (_, at) => held(`h${at}`, { seat: 1 }, [at, at + 1]))]
    const text = sealed(lines(...all))
    const path = join(folder, 'whole.jsonl')
    await writeHistory(path, all)
    expect(await readFile(path, 'utf8')).toBe(text)
    const split = text.split(/(?<=\n)/)
    for (const lost of [1, 2, 777, 1_500, 2_999, 3_000, 3_001]) {
      expect((await wrong(split.toSpliced(lost, 1).join(''))).message).toMatch(/lost/)
    }
  })

  it('with lines after its seal is refused, even where they are read apart from it', async () => {
    const many = Array.from({ length: 3_000 }, (_, at) => held(`h${at}`, { seat: 1 }, [at, at + 1]))
    expect((await wrong(`${sealed(lines(seat, ...many))}${lines(...many)}`)).message).toMatch(/seal/)
  })

  it('with bytes that are no UTF-8 is refused at their line', async () => {
    const bytes = Buffer.from(lines(seat, held('abc', { seat: 1 }, [0, 1]), hold))
    bytes[bytes.indexOf('abc')] = 0xff
    expect((await wrong(bytes)).message).toBe('Line 2 is not UTF-8.')
  })

  it('of format 1 has no seal, and needs none', async () => {
    const path = join(folder, 'older.jsonl')
    await writeFile(path, lines({ ...seat, format: 1 }, hold))
    expect(await readAll(path)).toEqual([{ ...seat, format: 1 }, hold])
  })

  for (const [what, line, message, text] of cases) {
    it(`with ${what} is refused at line ${line}`, async () => {
      const error = await wrong(text)
      expect(error.message).toBe(`Line ${line} ${message}.`)
      expect(error.line).toBe(line)
    })
  }

  it('of arbitrary bytes is refused, and never read', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        expect((await wrong(bytes)).message).toMatch(/^(Line|Block) \d+ .*\.$/s)
      }),
      { numRuns: 200 },
    )
  })
})
