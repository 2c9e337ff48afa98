/** Goal: the layout stays as it was planned. Method: its rules as functions, on its own files and on planted violations. */
import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { registry } from '../../strategies/registry.ts'
import { architecture, withRooms } from './architecture.ts'
import { brokenRules, outOfOrder, roomOf } from './imports.ts'
import { rooms } from './rooms.ts'
import { root, sources } from './sources.ts'

describe('imports go one way', () => {
  test('in every file', () => {
    expect(sources.length).toBeGreaterThan(20)
    expect(brokenRules(sources)).toEqual([])
  })

  test('as the rooms are in order, and each knows only what is below it', () => {
    expect(outOfOrder(rooms)).toEqual([])
    expect(outOfOrder(rooms.toReversed())).not.toEqual([])
    const upstairs = rooms.map((room) =>
      room.paths.includes('harness/report/') ? { ...room, knows: ['harness/compare/'] } : room,
    )
    expect(outOfOrder(upstairs)).toEqual([
      'harness/report/ may import harness/compare/, but harness/compare/ is above it',
    ])
  })

  const planted: readonly [path: string, text: string][] = [
    ['strategies/strategy.ts', "import type { Kysely } from 'kysely'"],
    ['strategies/validation.ts', "import { inIdOrder } from './ledgers/writing/lines.ts'"],
    ['strategies/ledgers/ledger.ts', "import type { Kysely } from 'kysely'"],
    ['strategies/ledgers/ledger.ts', "import type { PostgresStore } from './stores.ts'"],
    ['strategies/ledgers/stores.ts', "import { counterRows } from './registry.ts'"],
    ['strategies/ledgers/counter-rows/witness.ts', "import { sql } from './write.ts'"],
    ['strategies/ledgers/seat-keys/witness-rules.ts', "import { only } from '../writing/postgres/sql.ts'"],
    ['strategies/ledgers/unit-rows/witness.ts', "const late = await import('../../registry.ts')"],
    ['strategies/ledgers/witnessing/redis/keys.ts', "import { script } from '../../writing/redis/script.ts'"],
    ['strategies/ledgers/witnessing/sold.ts', "import { monotonicMs } from '../../../harness/clock.ts'"],
    ['strategies/ledgers/counter-rows/write.ts', "import { read } from './witness.ts'"],
    ['strategies/ledgers/writing/batcher.ts', "import { monotonicMs } from '../../../harness/clock.ts'"],
    ['strategies/ledgers/writing/postgres/claim.ts', "import { create } from '../../../postgres-naive.ts'"],
    ['strategies/ledgers/writing/postgres/claim.ts', "import { registry } from '../../../registry.ts'"],
    ['strategies/ledgers/registry.ts', "import { registry } from '../registry.ts'"],
    ['strategies/ledgers/registry.ts', "import { VENUE } from './lua-record/write.ts'"],
    ['strategies/postgres-naive.ts', "import { witness } from './ledgers/counter-rows/witness.ts'"],
    ['strategies/postgres-naive.ts', "import { create } from './postgres-nowait.ts'"],
    ['strategies/postgres-naive.ts', "import { registry } from './registry.ts'"],
    ['strategies/postgres-naive.ts', "import {\n  monotonicMs,\n} from '../harness/clock.ts'"],
    ['strategies/postgres-naive.ts', "const late = await import('../harness/clock.ts')"],
    ['strategies/registry.ts', "import { judge } from '../harness/checker/judge.ts'"],
    ['strategies/registry.ts', "import { Kysely } from 'kysely'"],
    ['harness/clock.ts', "import { reasonOf } from './engines/engine-error.ts'"],
    ['harness/history/record.ts', "import { appendFile } from 'node:fs/promises'"],
    ['harness/history/record.ts', "import { readHistory } from './jsonl.ts'"],
    ['harness/history/jsonl.ts', "import { judge } from '../checker/judge.ts'"],
    ['harness/checker/judge.ts', "import { readFileSync } from 'node:fs'"],
    ['harness/checker/judge.ts', "import * as v from 'valibot'"],
    ['harness/checker/judge.ts', "import { registry } from '../../strategies/registry.ts'"],
    ['harness/checker/judge.ts', "import { readHistory } from '../history/files.ts'"],
    ['harness/workloads/play.ts', "import type { Engines } from '../engines/engines.ts'"],
    ['harness/workloads/play.ts', "import { readFileSync } from 'node:fs'"],
    ['harness/results/trial.ts', "import { formatFigure } from '../report/format.ts'"],
    ['harness/results/trial.ts', "import { counted } from '../report/format.ts'"],
    ['harness/results/race.ts', "import { judge } from '../trial/trial.ts'"],
    ['harness/report/table.ts', "import { compare } from '../compare/compare.ts'"],
    ['harness/engines/engines.ts', "import { formatSpan } from '../report/format.ts'"],
    ['harness/network/relay.ts', "import type { Engine } from '../engines/engine.ts'"],
    ['harness/network/relay.ts', "import { connect } from 'node:tls'"],
    [
      'harness/engines/postgres.ts',
      "import { only } from '../../strategies/ledgers/writing/postgres/sql.ts'",
    ],
    ['harness/audit/probe.ts', "import { only } from '../../strategies/ledgers/writing/postgres/sql.ts'"],
    ['harness/audit/audit.ts', "import { witness } from '../../strategies/ledgers/transfers/witness.ts'"],
    ['harness/explore/run.ts', "import { VENUE } from '../../strategies/ledgers/lua-record/write.ts'"],
    ['harness/audit/audit.ts', "import { registry } from '../../strategies/registry.ts'"],
    ['harness/audit/audit.ts', "import { judge } from '../checker/judge.ts'"],
    ['harness/entries/own-strategy.ts', "import { openEngines } from '../engines/engines.ts'"],
    ['harness/ground/ground.ts', "import { runTrial } from '../trial/trial.ts'"],
    ['harness/conformance/run.ts', "import { test } from '../../test/conformance/conform.ts'"],
    ['harness/performance/performance.ts', "import { Job } from '../processes/messages.ts'"],
    ['harness/processes/player.ts', "import { UsageError } from '../../cli/context.ts'"],
    ['harness/processes/player.ts', "import { rounds } from '../compare/plan.ts'"],
    ['harness/processes/player.ts', "import { runTrial } from '../trial/trial.ts'"],
    ['harness/trial/trial.ts', "import { create } from '../../strategies/postgres-naive.ts'"],
    ['harness/trial/trial.ts', "import { only } from '../../strategies/ledgers/writing/postgres/sql.ts'"],
    ['harness/trial/trial.ts', "export { withEngines } from '../../test/with-engines.ts'"],
    ['harness/trial/trial.ts', "import { rounds } from '../compare/plan.ts'"],
    ['harness/report/answer.ts', "import { tour } from '../compare/tour.ts'"],
    ['harness/report/answer.ts', "import type { Engines } from '../engines/engines.ts'"],
    ['harness/report/answer.ts', "import { registry } from '../../strategies/registry.ts'"],
    ['harness/compare/compare.ts', "import { runTrial } from '../trial/trial.ts'"],
    ['harness/explore/explore.ts', "import { rounds } from '../compare/plan.ts'"],
    ['harness/faults/cell.ts', "import { explore } from '../explore/explore.ts'"],
    ['harness/service/service.ts', "import { formatSpan } from '../report/format.ts'"],
    ['harness/service/service.ts', "import { machineFacts } from '../compare/machine.ts'"],
    ['harness/load/load-one.ts', "import { machineFacts } from '../compare/machine.ts'"],
    ['harness/live/server.ts', "import { openEngines } from '../engines/engines.ts'"],
    ['harness/testing/stage.ts', "import { test } from '../vitest/declare.ts'"],
    ['harness/vitest/declare.ts', "import { readFileSync } from 'node:fs'"],
    ['harness/node-test/index.ts', "import { openEngines } from '../engines/open.ts'"],
    ['harness/jest/index.ts', "import { openEngines } from '../engines/open.ts'"],
    ['harness/vitest/index.ts', "import { openEngines } from '../engines/open.ts'"],
    ['harness/index.ts', "import { create } from '../strategies/postgres-naive.ts'"],
    ['harness/index.ts', "import { EXIT } from '../cli/exit-codes.ts'"],
    ['harness/benchmarks/batching.ts', "import { stalls } from '../../experiments/stalls.ts'"],
    ['harness/new-room/file.ts', ''],
    ['experiments/variants/slow.ts', "import { stalls } from '../stalls.ts'"],
    ['experiments/stalls.ts', "import { EXIT } from '../cli/exit-codes.ts'"],
    ['experiments/stalls.ts', "import { saga } from '../shop/saga.ts'"],
    ['shop/saga.ts', "import { stalls } from '../experiments/stalls.ts'"],
    ['shop/waiting-room/queue/queue.ts', "import { RoomKeys } from '../tokens.ts'"],
    ['shop/waiting-room/judge/judge-room.ts', "import { readFileSync } from 'node:fs'"],
    ['shop/stores/group-commit.ts', "import { tables } from './tables.ts'"],
    ['shop/waiting-room/tokens.ts', "import { ShopKeys } from '../orders/keys.ts'"],
    ['shop/saga.ts', "import { create } from '../strategies/postgres-naive.ts'"],
    ['site/generate/pages.ts', "import { EXIT } from '../../cli/exit-codes.ts'"],
    ['learn/scheduler/data/recording.ts', "import { game } from '../page/game.ts'"],
    ['learn/scheduler/page/game.ts', "import { packed } from '../packed.ts'"],
    ['learn/scheduler/page/dom/main.ts', "import { readFileSync } from 'node:fs'"],
    ['learn/scheduler/record.ts', "import { EXIT } from '../../cli/exit-codes.ts'"],
    ['learn/lessons/lesson.ts', "import { exercises } from '../exercises/registry.ts'"],
    ['learn/exercises/judges.ts', "import { experiments } from '../../experiments/registry.ts'"],
    ['cli/compare.ts', "import { create } from '../strategies/postgres-naive.ts'"],
    ['cli/compare.ts', "import { withEngines } from '../test/with-engines.ts'"],
    ['bin/holdfast.js', "const late = await import('../harness/index.ts')"],
    ['k6/postgres-naive.ts', "import { registry } from '../strategies/registry.ts'"],
    ['k6/postgres-naive.ts', "import { readFileSync } from 'node:fs'"],
  ]
  test.for(planted)('and %s with `%s` would be found', ([path, text]) => {
    expect(brokenRules([{ path, text }])).toHaveLength(1)
  })

  test('and of every room some violation is planted here', () => {
    const tried = new Set(planted.map(([path]) => roomOf(path)))
    expect(rooms.filter((room) => !tried.has(room))).toEqual([])
  })
})

test('docs/ARCHITECTURE.md tells the rooms as they are (npm run layout)', () => {
  expect(architecture()).toBe(withRooms(architecture()))
})

describe('strategies', () => {
  const files = globSync('strategies/*.ts', { cwd: root })
    .map((path) => path.replace(/^strategies[\\/]/, '').replace(/\.ts$/, ''))
    .filter((name) => !['strategy', 'registry', 'validation'].includes(name))

  test('are one file and one line of the registry each, under the same name', () => {
    expect(registry.map((entry) => entry.name).toSorted()).toEqual(files.toSorted())
  })

  test.for(files)('%s opens with the header that a reader needs', (name) => {
    const header = readFileSync(join(root, 'strategies', `${name}.ts`), 'utf8').split('*/')[0] ?? ''
    for (const part of ['Mechanism:', 'oversell', 'Deadline:', 'Round trips per hold:', 'Weakness:']) {
      expect(header).toContain(part)
    }
  })
})

describe('the linter finds', () => {
  const planted: readonly [what: string, rule: string, files: Readonly<Record<string, string>>][] = [
    [
      'a promise that nobody awaits',
      'noFloatingPromises',
      { 'a.ts': 'async function save(): Promise<void> {}\nexport function main(): void {\n  save()\n}\n' },
    ],
    [
      'files that import each other',
      'noImportCycles',
      {
        'a.ts': "import { b } from './b.ts'\n\nexport const a = (): number => b()\n",
        'b.ts': "import { a } from './a.ts'\n\nexport const b = (): number => a()\n",
      },
    ],
    [
      'files that import each other’s types',
      'noImportCycles',
      {
        'a.ts': "import type { B } from './b.ts'\n\nexport interface A {\n  readonly b: B\n}\n",
        'b.ts': "import type { A } from './a.ts'\n\nexport interface B {\n  readonly a: A\n}\n",
      },
    ],
    [
      'a function that is longer than a screen',
      'noExcessiveLinesPerFunction',
      { 'a.ts': `export function main(): void {\n${'  process.stdout.write("")\n'.repeat(71)}}\n` },
    ],
  ]
  // One run for all: it reads the whole project each time.
  let findings: Readonly<Partial<Record<string, readonly string[]>>> = {}
  beforeAll(async () => {
    const folder = await mkdtemp(join(root, 'test/layout/planted-'))
    try {
      for (const [at, [, , files]] of planted.entries()) {
        await mkdir(join(folder, String(at)))
        for (const [name, text] of Object.entries(files))
          await writeFile(join(folder, String(at), name), text)
      }
      findings = Object.groupBy(await linted(folder), (line) => /planted-\w+.(\d+)/.exec(line)?.[1] ?? '')
    } finally {
      await rm(folder, { recursive: true })
    }
  })
  test.for(planted.map(([what, rule], at) => [what, rule, at] as const))('%s', ([, rule, at]) => {
    expect(findings[at]?.join('\n')).toContain(rule)
  })
})

test('no file but a test may have long functions', () => {
  const { overrides } = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'))
  const excepted = overrides
    .filter(({ linter }: { linter: object }) =>
      JSON.stringify(linter).includes('noExcessiveLinesPerFunction'),
    )
    .flatMap(({ includes }: { includes: readonly string[] }) => includes)
  expect(excepted).toEqual(['**/*.test.ts'])
})

/** Its findings, a line each with file and rule. */
async function linted(folder: string): Promise<readonly string[]> {
  const args = ['lint', '--colors=off', '--reporter=github', folder]
  const run = promisify(execFile)(join(root, 'node_modules/.bin/biome'), args, { cwd: root })
  const found = await run.then(
    () => ({ stdout: '' }),
    (error: { readonly stdout: string }) => error,
  )
  return found.stdout.split('\n')
}
