/**
 * Goal: a line that is read without an object says what the same line says as JSON. Method: random operations,
 * written in every way that JSON allows or does not, read in both ways.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { operationOf } from '../../harness/history/binary/row-record.ts'
import { HistoryFormatError, readHistory, readParts } from '../../harness/history/files.ts'
import { LineParser } from '../../harness/history/line-parser.ts'
import { Names } from '../../harness/history/names.ts'
import { OperationRow } from '../../harness/history/operation-row.ts'
import type { HistoryRecord } from '../../harness/history/record.ts'
import { KeptOperations } from '../../harness/performance/kept-operations.ts'
import { confirm, held, read, release, soldOut } from '../checker/histories.ts'
import { anyRecord, anySeats, asRecords } from './anything.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-lines-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

const resources = anySeats.resources.map(({ id }) => id)

/** What was read, or the sentence of the error. */
async function asRows(path: string): Promise<readonly HistoryRecord[] | string> {
  const records: HistoryRecord[] = []
  try {
    for await (const part of readParts(path)) {
      if (part.kind === 'record') records.push(part.record)
      if (part.kind !== 'rows') continue
      const { rows } = part
      for (let kind = rows.next(); kind !== undefined; kind = rows.next()) {
        if (kind === 'operation') records.push(operationOf(rows.row, rows.ids, resources))
        else if (rows.clock !== undefined) records.push(rows.clock)
      }
    }
    return records
  } catch (error) {
    if (error instanceof HistoryFormatError) return error.message
    throw error
  }
}

async function asObjects(path: string): Promise<readonly HistoryRecord[] | string> {
  const records: HistoryRecord[] = []
  try {
    for await (const record of readHistory(path)) records.push(record)
    return records
  } catch (error) {
    if (error instanceof HistoryFormatError) return error.message
    throw error
  }
}

const older = { ...anySeats, format: 1 }

/** Without fields that its kind does not have: readers ignore them. */
function asKnown(record: HistoryRecord): HistoryRecord {
  if (record.type !== 'operation') return record
  const kept = new KeptOperations(anySeats.resources)
  kept.add(record, 'buyer')
  return [...kept][0]?.operation ?? record
}

async function expectSame(lines: readonly string[]): Promise<readonly HistoryRecord[] | string> {
  const path = join(folder, 'lines.jsonl')
  await writeFile(path, [JSON.stringify(older), ...lines].map((line) => `${line}\n`).join(''))
  const objects = await asObjects(path)
  expect(await asRows(path)).toEqual(typeof objects === 'string' ? objects : objects.map(asKnown))
  return objects
}

describe('a line', () => {
  it('says the same, whatever it says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRecord, { maxLength: 10 }), async (values) => {
        const [, ...records] = asRecords(values)
        const read = await expectSame(records.map((record) => JSON.stringify(record)))
        expect(read).toEqual([older, ...records.map((record) => JSON.parse(JSON.stringify(record)))])
      }),
      { numRuns: 120 },
    )
  })

  it('says the same with its fields in another order, and with one changed, added, lost or twice', async () => {
    const change = fc.constantFrom('order', 'space', 'lose', 'twice', 'add', 'other')
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>(-1, 0.5, 2 ** 53, 1e300, '', 'ok', []))
    await fc.assert(
      fc.asyncProperty(anyRecord, change, fc.nat(), value, async (record, what, number, other) => {
        const entries = Object.entries(record).map(
          ([name, each]) => `${JSON.stringify(name)}:${JSON.stringify(each)}`,
        )
        const at = number % entries.length
        const [name = ''] = (entries[at] ?? '').split(':')
        if (what === 'order') entries.push(...entries.splice(0, at))
        if (what === 'space') entries.splice(at, 1, ` ${entries[at]}`)
        if (what === 'lose') entries.splice(at, 1)
        if (what === 'twice') entries.push(entries[at] ?? '')
        if (what === 'add') entries.splice(at, 0, `"more":${JSON.stringify(other)}`)
        if (what === 'other') entries.splice(at, 1, `${name}:${JSON.stringify(other)}`)
        await expectSame([`{${entries.join(',')}}`])
      }),
      { numRuns: 250 },
    )
  })

  it.for([
    ['an exponent', '"ttlMs":1e4'],
    ['a leading zero', '"ttlMs":010000'],
    ['a point without digits', '"ttlMs":10000.'],
    ['a minus alone', '"ttlMs":-'],
    ['minus zero', '"ttlMs":-0'],
    ['many digits', '"ttlMs":123456789.123456789123'],
    ['more than a double holds', '"ttlMs":9007199254740993'],
    ['a text', '"ttlMs":"10000"'],
    ['an escape', '"ttlMs":10000,"resourceId":"se\\u0061t"'],
  ] as const)('with %s says the same', async ([, text]) => {
    const line = JSON.stringify(held('a', { seat: 1 }, [0, 1]))
    await expectSame([line.replace('"ttlMs":10000', text)])
    await expectSame([line.slice(0, -1)])
    await expectSame([`${line}}`])
    await expectSame([`${line},`])
  })

  it('as the recorder writes it is read without an object', () => {
    const names = new Names()
    for (const id of resources) names.numberOf(id)
    const parser = new LineParser(names, new OperationRow())
    const usual = [
      held('a', { seat: 1, 'Säle-💺': 2 }, [0, 1], { versions: [1, 2] }),
      held('a', { seat: 1 }, [0, 1]),
      soldOut('b', { seat: 1 }, [0, 1]),
      confirm('a', [0, 1]),
      confirm('a', [0, 1], 'gone'),
      release('a', [0, 1]),
      release('a', [0, 1], 'gone'),
      release('a', [0, 1], 'already-confirmed'),
      read({ seat: 1, 'Säle-💺': 2 }, [0, 1]),
    ]
    for (const record of usual) {
      const line = Buffer.from(JSON.stringify(record))
      expect(parser.parse(line, 0, line.length), JSON.stringify(record)).toBe(true)
    }
  })
})
