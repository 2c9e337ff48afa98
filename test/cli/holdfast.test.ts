/**
 * Goal: the exit codes are those that --help lists, and nothing a user can mistype or lack ends in a stack trace.
 * Method: the real starter in processes of its own; folders and histories made for each test.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Check } from 'typebox/schema'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorCodes } from '../../harness/error-codes.ts'
import { writeHistory } from '../../harness/history/files.ts'
import type { HistoryRecord, Operation } from '../../harness/history/record.ts'
import { readResults } from '../../harness/results/read.ts'
import { ResultsSchema } from '../../harness/results/results.ts'
import { registry } from '../../strategies/registry.ts'
import { holdId, resourceId } from '../../strategies/validation.ts'
import { strict } from '../results/shape.ts'
import { FULL, inTwoSizes } from '../size.ts'
import { type Ended, holdfast } from './holdfast.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'holdfast-cli-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

const SEAT = resourceId('seat-1')
const DEADLINE_MS = 10_000

/** One seat and a sale by each of these buyers, one after the other: true of one buyer, an oversell of two. */
function sales(buyers: readonly string[]): readonly HistoryRecord[] {
  const lines = [[SEAT, 1]] as const
  const operations = buyers.flatMap((buyer, process): readonly Operation[] => {
    const from = 1000 * (1 + process)
    const shared = { type: 'operation', process, holdId: holdId(buyer) } as const
    const held = { result: 'ok', deadlineMs: DEADLINE_MS, attempts: 1, lines, ttlMs: DEADLINE_MS } as const
    return [
      { ...shared, op: 'hold', invokedUs: from, returnedUs: from + 100, ...held },
      { ...shared, op: 'confirm', result: 'ok', invokedUs: from + 200, returnedUs: from + 300 },
    ]
  })
  return [
    {
      type: 'history',
      format: 1,
      strategy: 'by-hand',
      workload: 'by-hand',
      seed: 1,
      startedAt: '2026-11-22T13:00:00.000Z',
      resources: [{ id: SEAT, capacity: 1 }],
      clock: { offsetMs: 0, errorMs: 0 },
      freesLateMs: 0,
      refusals: 'exact',
    },
    ...operations,
    {
      type: 'audit',
      takenUs: 1_000_000,
      resources: [{ id: SEAT, taken: buyers.length }],
      holds: buyers.map((buyer) => ({
        id: holdId(buyer),
        status: 'confirmed',
        lines,
        deadlineMs: DEADLINE_MS,
      })),
      complaints: [],
      probes: [],
    },
  ]
}

/** It ends with a code that can be looked up. */
function expectOneLine({ out, err }: Ended): void {
  expect(out).toBe('')
  const [, code = ''] = /\[([\w-]+)\]\n$/.exec(err) ?? []
  expect(Object.keys(errorCodes)).toContain(code)
  expect(err.trimEnd().split('\n')).toHaveLength(1)
  expect(err).not.toMatch(/^\s+at /m)
}

const SETUP = ['serve', '--strategy', 'postgres-naive', '--setup-routes'] as const

describe('usage', () => {
  it('explains itself, exit codes and examples included', async () => {
    const [program, compare] = await Promise.all([holdfast(['--help']), holdfast(['compare', '--help'])])
    expect(program.code).toBe(0)
    expect(program.out).toContain('Exit codes:')
    expect(compare.code).toBe(0)
    expect(compare.out).toContain('Examples:')
    expect(compare.err).toBe('')
  })

  const REFUSED = [
    [['comapre'], 'did you mean compare'],
    [['compare', '--strategies', 'postgres-naiv'], 'did you mean postgres-naive?'],
    [
      ['compare', '--strategies', 'redlock', '--strategies', 'a'],
      'be given only once, not as --strategies redlock',
    ],
    [
      ['compare', '--strategies', 'redlock', '--redis-nodes', '2'],
      '--redis-nodes is 2, and redlock needs at least',
    ],
    [['faults', '--seed', '3', '--seeds', '5'], 'leave out --seeds'],
    [['compare', '--workloads', 'hotseat'], 'did you mean hot-seat?'],
    [['compare', '--concurrency', '8,many'], '--concurrency must be a whole number from 1'],
    [['compare', '--duration', '5'], '--duration must be a duration such as'],
    [['compare', '--pool', '0'], '--pool must be a whole number from 1'],
    [['compare', '--rate', '0'], '--rate must be a whole number from 1'],
    [['compare', '--rate', '5', '--processes', '2'], 'leave out --processes'],
    [['compare', '--durability', 'fast'], 'durable or relaxed'],
    [['compare', '--strategies', 'none'], 'needs a --strategy'],
    [['compare', '--strategy', 'nowhere.ts'], 'the file nowhere.ts does not exist'],
    [['compare', '--strategy', 'postgres-naive'], 'use --strategies postgres-naive'],
    [['compare', '--frobnicate'], "unknown option '--frobnicate'"],
    [['check', 'nowhere.jsonl'], 'the file nowhere.jsonl does not exist'],
    [['check', 'package.json'], 'package.json is not a history'],
    [['check'], 'missing required argument'],
    [['report'], 'missing required argument'],
    [['report', 'nowhere.json'], 'the file nowhere.json does not exist'],
    [['report', 'test'], 'no results of a study are in test'],
    [['report', 'package.json'], 'package.json is not a results file: format'],
    [['report', 'README.md'], 'README.md is not a results file: it is not JSON'],
    [['compare', '--critical-section', '2m'], '--critical-section must be from 0ms to 1m'],
    [['compare', '--work-inside', '50ms'], "unknown option '--work-inside'"],
    [['compare', '--processes', '17'], '--processes must be a whole number from 1 to 16'],
    [['compare', '--strategies', 'a,,b'], '--strategies must be comma-separated names'],
    [['load'], 'load needs either --strategy or --all'],
    [['load', '--strategy', 'postgres-naive', '--profile', 'smok'], 'did you mean smoke?'],
    [['load', '--strategy', 'postgres-naive', '--profile', 'maximum', '--rate', '5'], 'a closed loop'],
    [['serve', '--strategy', 'postgres-naive', '--audit', '--host', '0.0.0.0'], '--audit exposes everything'],
    [
      [...SETUP, '--host', '0.0.0.0'],
      '--setup-routes lets every client make resources, so it needs --host 127.0.0.1',
    ],
    [[...SETUP, '--allow-host', '*'], 'cannot be used with --allow-host'],
    [[...SETUP, '--owner-secrets'], 'leave out --owner-secrets'],
    [['shop', '--level', '4'], '--level must be 1, 2, 3, not 4'],
    [['shop', '--crowd', '9', '--waiting-room', 'fifo'], '--crowd does not wait in line'],
    [['explore', '--scenario', 'hol'], 'did you mean hold?'],
    [['compare', '--live', '70000'], '--live must be a whole number from 1 to 65535'],
  ] as const
  for (const [size, cases] of inTwoSizes(REFUSED, 13))
    it.for(cases)('refuses %j in one line', size, async ([args, message]) => {
      const ended = await holdfast(args)
      expect(ended.err.toLowerCase()).toContain(message.toLowerCase())
      expect(ended.code).toBe(2)
      expectOneLine(ended)
    })

  it('refuses a folder it cannot write to before anything is run', FULL, async () => {
    const file = path.join(folder, 'in-the-way')
    await writeFile(file, '')
    // The other one is there, and refuses new folders as if it were not.
    for (const closed of [file, '/proc']) {
      const ended = await holdfast(['compare', '--out', path.join(closed, 'results')])
      expect(ended.code).toBe(2)
      expect(ended.err).toContain('--out: cannot write to')
      expectOneLine(ended)
    }
  })

  const WRONG_FILES = [
    ['export const x = 1', 'must export a function create'],
    ['export function create( {\n}}', ':2: SyntaxError'],
    ['import x from "not-installed"\nexport function create() {}', "Cannot find package 'not-installed'"],
    ['export function create() {}\nexport const promises = { safe: "mostly" }', 'promises.safe must be'],
    ['export function create() {}\nexport const ledger = "counter-row"', 'did you mean counter-rows?'],
    ['export function create() {}\nexport const ledger = "seat-keys"', 'engines does not name redis'],
    [
      'export function create() {}\nexport const witness = { read() {} }',
      'the functions read, status and sold',
    ],
    [
      'export function create() {}\nexport const ledger = "unit-rows", witness = {}',
      'exports both a ledger and a witness; export only one',
    ],
    ['throw new Error("not to be loaded")', 'not to be loaded'],
  ] as const
  for (const [size, cases] of inTwoSizes(WRONG_FILES, 9))
    it.for(cases)(
      'says what is wrong with a strategy file: %j',
      size,
      async ([source, message], { task }) => {
        const file = path.join(folder, `strategy-${task.id}.ts`)
        await writeFile(file, source)
        const ended = await holdfast(['compare', '--strategies', 'none', '--strategy', file])
        expect(ended.err).toContain(message)
        expect(ended.code).toBe(2)
        expectOneLine(ended)
      },
    )
})

describe('list', () => {
  it('lists every strategy of the registry', FULL, async () => {
    const { code, out } = await holdfast(['list', '--json'])
    expect(code).toBe(0)
    const listed: { strategies: readonly { name: string }[] } = JSON.parse(out)
    expect(listed.strategies.map(({ name }) => name)).toEqual(registry.map(({ name }) => name))
  })

  it('stays plain in a pipe', FULL, async () => {
    const { out } = await holdfast(['list'])
    expect(out).not.toContain('\u001b')
  })
})

describe('check', () => {
  it('says what to do with a strategy file that is no module where it lies', FULL, async () => {
    const own = await mkdtemp(path.join(folder, 'commonjs-'))
    await writeFile(path.join(own, 'package.json'), '{ "type": "commonjs" }')
    await writeFile(path.join(own, 'mine.ts'), "import 'node:fs'\nexport function create() {}")
    const file = path.join(own, 'mine.ts')
    const ended = await holdfast(['compare', '--strategies', 'none', '--strategy', file])
    expect(ended.err).toContain('name it .mts')
    expect(ended.code).toBe(2)
    expectOneLine(ended)
  })

  it.for([
    [['alice'], 0, 'VALID'],
    [['alice', 'bob'], 3, 'INVALID'],
  ] as const)('judges sales to %j', async ([buyers, code, word]) => {
    const file = path.join(folder, `${buyers.join('-')}.jsonl`)
    await writeHistory(file, sales(buyers))
    const [text, json] = await Promise.all([holdfast(['check', file]), holdfast(['check', file, '--json'])])
    expect(text.code).toBe(code)
    expect(text.out.startsWith(`${word} `)).toBe(true)
    for (const buyer of code === 0 ? [] : buyers) expect(text.out).toContain(buyer)
    expect(json.code).toBe(code)
    expect(JSON.parse(json.out)).toMatchObject({ verdict: word.toLowerCase() })
  })

  it('passes a history without an audit only when asked for the answers alone', FULL, async () => {
    const file = path.join(folder, 'answers.jsonl')
    await writeHistory(
      file,
      sales(['alice']).filter(({ type }) => type !== 'audit'),
    )
    const [alone, whole, json] = await Promise.all([
      holdfast(['check', file, '--without-audit']),
      holdfast(['check', file]),
      holdfast(['check', file, '--without-audit', '--json']),
    ])
    expect([alone.code, whole.code, json.code]).toEqual([0, 4, 0])
    expect(JSON.parse(json.out)).toMatchObject({ verdict: 'valid', isAudited: false })
    expect(whole.out).toContain('not audited')
    expect(alone.out).toContain('not audited')
  })

  it('judges the answers of a handwritten history, and says that the store was not audited', async () => {
    const file = path.join(folder, 'handwritten.jsonl')
    const records = sales(['alice']).filter(({ type }) => type !== 'audit')
    const lines = records.map((each) =>
      JSON.stringify(each.type === 'history' ? { ...each, format: 1 } : each),
    )
    await writeFile(file, `${lines.join('\n')}\n`)
    const { code, out } = await holdfast(['check', file])
    expect(code).toBe(0)
    expect(out).toMatch(/^VALID [\s\S]*The store was not audited/)
  })

  it('does not pass a history that broke off', async () => {
    const file = path.join(folder, 'cut.jsonl')
    const lines = sales(['alice']).map((record) => JSON.stringify(record))
    await writeFile(file, lines.slice(0, -1).join('\n'))
    const { code, out } = await holdfast(['check', file])
    expect(code).toBe(4)
    expect(out).toContain('broke off')
  })
})

describe('without an engine', () => {
  /** It needs PostgreSQL only, so nothing else is started. */
  const ONE = 'postgres-conditional-update'
  const env = { POSTGRES_URL: 'postgres://me:secret@127.0.0.1:1/nowhere' }

  it('proves nothing, says what would fix it, and keeps the password to itself', async () => {
    const out = path.join(folder, 'nothing')
    const ended = await holdfast(['compare', '--out', out], { env })
    expect(ended.code).toBe(4)
    expect(ended.out).toMatch(/NOT PROVEN: [\s\S]*\[engine-unreachable\]\n {2}To fix it/)
    expect(ended.out + ended.err).not.toContain('secret')
    expect(ended.out + ended.err).not.toMatch(/^\s+at /m)
    expect(await readdir(out)).toEqual([])
  })

  it('keeps stdout for the JSON', FULL, async () => {
    const { code, out } = await holdfast(
      ['compare', '--strategies', ONE, '--json', '--seed', '7', '--out', folder],
      { env },
    )
    expect(code).toBe(4)
    expect(JSON.parse(out)).toMatchObject({ seed: 7, control: { caught: false }, trials: [] })
  })

  it('is what the doctor reports', FULL, async () => {
    const { code, out } = await holdfast(['doctor', '--json'], { env })
    expect(code).toBe(4)
    expect(JSON.parse(out)).toMatchObject({
      engines: expect.arrayContaining([expect.objectContaining({ engine: 'postgres', state: 'not proven' })]),
    })
  })

  it.for(['nonsense', 'mysql://localhost/x', 'postgres://['])(
    'takes the address %s for no bug',
    FULL,
    async (address) => {
      const ended = await holdfast(['compare', '--strategies', ONE, '--out', folder], {
        env: { POSTGRES_URL: address },
      })
      expect(ended.code).toBe(4)
      expect(ended.out + ended.err).not.toMatch(/^\s+at /m)
    },
  )
})

/** As a browser does: follows the events until the report is there, and fetches it. */
async function watch(url: string): Promise<string> {
  const response = await fetch(new URL('events', url))
  let text = ''
  for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += piece
    if (text.includes('event: report\n')) break
  }
  for (const event of ['state', 'sample']) expect(text).toContain(`event: ${event}\n`)
  return (await fetch(new URL('report', url))).text()
}

describe('on the real engine', () => {
  const QUICK = [
    '--strategies',
    'postgres-conditional-update',
    '--workloads',
    'drain',
    '--durability',
    'relaxed',
  ]

  it('compares, convicts the control, and its history convicts again', async () => {
    const out = path.join(folder, 'run')
    const {
      code,
      out: json,
      err,
    } = await holdfast(['compare', ...QUICK, '--duration', '300ms', '--json', '--out', out])
    expect(err).toContain('was caught on drain')
    expect(code).toBe(0)
    const results = JSON.parse(json)
    expect(results).toMatchObject({
      interrupted: false,
      control: { caught: true },
      trials: [{ verdict: 'valid' }],
    })
    // Every field of a run is one of the schema, and none of them is lost.
    expect(Check(strict(ResultsSchema), results)).toBe(true)
    const files = await readdir(out)
    expect(files.filter((name) => /\.(json|svg)$/.test(name))).toHaveLength(2)
    const written = files.find((name) => name.endsWith('.json')) ?? expect.fail('there are no results')
    expect(await readResults(path.join(out, written))).toStrictEqual(results)
    const again = await holdfast(['check', path.join(out, results.control.historyFile)])
    expect(again.code).toBe(3)
    const page = await readFile(path.join(out, 'report/index.html'), 'utf8')
    expect(page).toContain('The one strategy sold nothing twice')
    expect(page).toContain(path.join(out, results.control.historyFile))
  })

  it('shows itself while it goes on, and ends as the report', FULL, async () => {
    const out = path.join(folder, 'live')
    let watched: Promise<string> | undefined
    const ended = await holdfast(
      ['compare', ...QUICK, '--duration', '1s', '--live', '--json', '--out', out],
      {
        onErr(said) {
          const [url] = /http:\/\/127\.0\.0\.1:\d+\/(?=\n)/.exec(said.slice(said.indexOf('Live: '))) ?? []
          if (url !== undefined) watched ??= watch(url)
        },
      },
    )
    expect(ended.code).toBe(0)
    const page = await readFile(path.join(out, 'report/index.html'), 'utf8')
    expect(await watched).toBe(page)
  })

  it('ends in good order when interrupted, and writes what there is', FULL, async () => {
    const out = path.join(folder, 'interrupted')
    let sent = false
    const ended = await holdfast(['compare', ...QUICK, '--duration', '1m', '--json', '--out', out], {
      onErr(said, kill) {
        if (sent || !said.includes('was caught')) return
        sent = true
        kill('SIGINT')
        // Ctrl-C in a terminal arrives twice, from it and from npm; that is one request.
        kill('SIGINT')
      },
    })
    expect(ended.code).toBe(130)
    expect(JSON.parse(ended.out)).toMatchObject({ interrupted: true, control: { caught: true }, trials: [] })
  })
})
