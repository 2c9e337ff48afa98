/**
 * Goal: explore and replay say what they found, and end with the code for it. Method: the real starter in
 * processes of its own.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { printFound } from '../../cli/explore/print.ts'
import { replayCommand } from '../../cli/replay.ts'
import { UsageError } from '../../harness/entries/usage-error.ts'
import { contextWith } from '../cli/context.ts'
import { holdfast } from '../cli/holdfast.ts'
import { FULL } from '../size.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'holdfast-explore-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

const CHECKOUT = path.resolve(import.meta.dirname, '../..')

test('a violation says whether it is what the strategy promises', () => {
  const found = {
    strategy: 'postgres-naive',
    scenario: 'hold',
    clients: 2,
    outcome: 'violated',
    schedules: 3,
    violating: 2,
    overselling: 2,
    pruned: 0,
    cut: 0,
    asPromised: true,
    reasons: [],
    givenUp: 0,
    varied: [],
    elapsedMs: 500,
  } as const
  const line = (more: object): string => {
    const context = contextWith()
    printFound(context.output.out, { ...found, ...more }, 'holdfast')
    return context.out().split('\n')[0] ?? ''
  }
  expect(line({})).toBe(
    'postgres-naive · hold · VIOLATED in 2 of 3 schedules (0.5 s), as expected of the control',
  )
  expect(line({ strategy: 'redlock' })).toMatch(/, as its promises allow$/)
  expect(line({ strategy: 'mine', asPromised: false })).toMatch(/ {2}but it promised to be safe$/)
})

test('a drawing that cannot be written is refused before anything is run', async () => {
  // An address that nobody could use: the folder is told first.
  const context = contextWith({ POSTGRES_URL: 'nowhere' })
  const replayed = replayCommand(context).parseAsync(
    ['v2/postgres-naive/hold/2/1.2.2.2.1.1', '--svg', folder],
    { from: 'user' },
  )
  await expect(replayed).rejects.toThrow(new UsageError(`--svg: cannot write to ${folder}: it is a folder`))
})

describe('holdfast explore', FULL, () => {
  it('convicts the control as promised, and names a schedule that replay plays', async () => {
    const { code, out } = await holdfast(['explore', '--strategy', 'postgres-naive', '--scenario', 'hold'])
    expect(out).toMatch(
      /postgres-naive · hold · VIOLATED in \d+ of \d+ schedules \(.*\), as expected of the control\n/,
    )
    expect(out).toContain('Small scope')
    expect(code).toBe(0)
    const [, schedule = ''] = /shortest: .* replay (\S+)/.exec(out) ?? []
    const svg = path.join(folder, 'race.svg')
    const replayed = await holdfast(['replay', schedule, '--svg', svg])
    expect(replayed.out).toContain('▲ seat has 1 unit, but 2 were taken')
    expect(replayed.code).toBe(3)
    expect(await readFile(svg, 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/)
  })

  it('says as JSON what was proved, of how many schedules, and what that does not show', async () => {
    const { code, out } = await holdfast([
      'explore',
      '--strategy',
      'postgres-select-for-update',
      '--scenario',
      'hold',
      '--json',
    ])
    const results: unknown = JSON.parse(out)
    expect(results).toMatchObject({
      format: 1,
      explorations: [{ strategy: 'postgres-select-for-update', outcome: 'proved', violating: 0, clients: 2 }],
      limits: expect.arrayContaining([expect.stringContaining('Small scope')]),
    })
    expect(code).toBe(0)
  })

  it('convicts a strategy of one’s own that promised better', async () => {
    const file = path.join(folder, 'mine.ts')
    const backend = path.join(CHECKOUT, 'strategies/ledgers/counter-rows/write.ts')
    await writeFile(
      file,
      `import { covers, inTransaction, reservationsOn, takeUnits } from ${JSON.stringify(backend)}
       import { sql } from ${JSON.stringify(path.join(CHECKOUT, 'node_modules/kysely/dist/esm/index.js'))}
       export const ledger = 'counter-rows'
       export function create({ postgres }) {
         return reservationsOn(postgres, {
           claim: (request) => inTransaction(postgres, 'read committed', async (tx) => {
             const ids = request.lines.map((line) => line.resourceId)
             const { rows } = await sql\`select id, capacity - taken as free from resource where id = any (\${ids}::text[])\`.execute(tx)
             return covers(rows, request.lines) ? takeUnits(tx, request) : { kind: 'short' }
           }),
         })
       }`,
    )
    const { code, out } = await holdfast(['explore', '--strategy', file, '--scenario', 'hold'])
    expect(out).toMatch(/mine · hold · VIOLATED/)
    expect(out).toContain('O1 oversell')
    expect(code).toBe(3)
  })

  it('proves nothing when it is ended early', async () => {
    const { code, out } = await holdfast([
      'explore',
      '--strategy',
      'postgres-nowait',
      '--scenario',
      'hold',
      '--schedules-max',
      '2',
    ])
    expect(out).toContain('it was ended after 2 schedules; there are more')
    expect(code).toBe(4)
  })

  it.for([
    [['explore', '--strategy', 'postgres-naiv'], 'postgres-naive'],
    [['explore', '--scenario', 'holt'], 'hold'],
    [['explore', '--clients', '1'], '--clients'],
    [['explore', '--clients', '5'], '--clients'],
    [['explore', '--on', 'mysql'], 'mysql'],
    [['explore', '--strategy', './nothing.ts'], 'nothing.ts'],
    [['explore', '--strategy', 'postgres-naive', '--scenario', 'pause'], 'none of these scenarios'],
    [['replay', 'nonsense'], 'a schedule looks like'],
    [['replay', 'v2/postgres-naive/nowhere/2/1'], 'nowhere'],
    [['replay', 'v2/nobody/hold/2/1'], 'nobody'],
    [['replay', 'v2/postgres-naive/pause/2/1'], 'none of its engines can be made to do that'],
    [['replay', 'v2/postgres-select-for-update/hold/2/1.2.2'], 'step 3 of the schedule cannot be 2'],
  ] as const)('%j is wrong usage, in one sentence', async ([args, words]) => {
    const { code, err } = await holdfast(args)
    expect(err).toContain(words)
    expect(err).not.toMatch(/\n\s+at /)
    expect(code).toBe(2)
  })
})
