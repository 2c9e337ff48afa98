/**
 * Goal: what was recorded is what the engines do, and a move that was left out is the same elsewhere. Method:
 * explored again on real engines, and compared node by node; a tree that leaves out orders is compared with the
 * whole one: every schedule of the whole one leads, by the page's own rules, to the same state.
 */
import { describe, expect, test } from 'vitest'
import { allScenarios } from '../../../harness/explore/scenario.ts'
import type { RecordedState, RecordedTree } from '../../../learn/scheduler/data/recording.ts'
import { wayOf } from '../../../learn/scheduler/page/game.ts'
import { unpacked } from '../../../learn/scheduler/page/unpack.ts'
import { type Depth, record } from '../../../learn/scheduler/record.ts'
import { recordedEntries } from '../../../learn/scheduler/recorded-entries.ts'
import { storedRecordings } from '../../../learn/scheduler/stored.ts'
import { FULL, SLICE, sampled } from '../../size.ts'
import { withEngines } from '../../with-engines.ts'
import { differences, hasPicks } from './difference.ts'
import { pathsOf } from './paths.ts'

const opened = await withEngines(['postgres', 'redis', 'tigerbeetle'], process.env, { redis: 3 })
const trees = (await storedRecordings()).flatMap((recording) => recording.trees)
const PATIENCE_MS = 600_000

async function recorded(
  strategy: string,
  scenarioName: string,
  clients: number,
  depth: Depth,
): Promise<RecordedTree> {
  const entry = recordedEntries.find(({ name }) => name === strategy)
  const scenario = allScenarios.find(({ name }) => name === scenarioName)
  if (entry === undefined || scenario === undefined)
    throw new Error(`there is no ${strategy} or ${scenarioName}`)
  const found = await record({ entry, scenario, engines: opened.engines, clients, depths: [depth] })
  if (found.kind === 'left-out') throw new Error(found.leftOut.why)
  return found.tree
}

function isAble(strategy: string): boolean {
  const entry = recordedEntries.find(({ name }) => name === strategy)
  return entry !== undefined && !opened.cannotTest(entry)
}

const IN_SLICE: readonly string[] = ['postgres-naive hold 2', 'tigerbeetle-pending-transfer hold 2']

/** Of the rest, the share that the gate explores. */
const ONE_OF = 10

describe('a recording is what a fresh exploration comes to', () => {
  for (const [at, tree] of trees.entries()) {
    const { strategy, scenario, clients, pruning, schedules } = tree
    const name = `${strategy} ${scenario} ${clients}`
    const size = IN_SLICE.includes(name) ? SLICE : sampled(at, 0, ONE_OF)
    test(name, { ...size, timeout: PATIENCE_MS, skip: !isAble(strategy) }, async () => {
      const { root } = unpacked(tree)
      // Picks are seen in either: the other may have met the same one every time.
      const depth = { prunes: pruning, schedulesMax: 10 * schedules }
      const fresh = await recorded(strategy, scenario, clients, depth)
      expect(differences(root, fresh.root)).toEqual([])
      expect(fresh.outcome).toBe(tree.outcome)
      if (hasPicks(root) || hasPicks(fresh.root)) return
      const { schedules: count, violating, positions } = fresh
      expect({ count, violating, positions }).toEqual({
        count: schedules,
        violating: tree.violating,
        positions: tree.positions,
      })
    })
  }
})

test('a recording tells nothing that depends on what a server had run before', () => {
  expect(trees.filter((tree) => JSON.stringify(tree).includes('NOSCRIPT'))).toEqual([])
})

/** Which rows are where depends on the order of inserts, and a version on whose change was first. */
function told({ taken, holds, open, locks }: RecordedState): unknown {
  return { taken, holds, open, locks }
}

const compared = [
  ['postgres-naive', 'hold', SLICE],
  ['postgres-nowait', 'death', FULL],
  ['postgres-conditional-update', 'expiry', FULL],
  ['redis-seat-key', 'confirm-release', FULL],
] as const

describe('a move that was left out', () => {
  for (const [strategy, scenario, size] of compared) {
    const options = { ...size, timeout: PATIENCE_MS, skip: !isAble(strategy) }
    test(`leads where the same was recorded: ${strategy} in ${scenario}`, options, async () => {
      const whole = trees.find((tree) => tree.strategy === strategy && tree.scenario === scenario)
      if (whole?.pruning !== 'nothing') throw new Error('the whole tree was not recorded')
      const pruned = await recorded(strategy, scenario, 2, { prunes: 'order', schedulesMax: 1_000 })
      expect(pruned.schedules).toBeLessThan(whole.schedules)
      let moved = 0
      for (const { moves, node } of pathsOf(unpacked(whole).root)) {
        const way = wayOf(pruned.root, moves)
        if (way === undefined) throw new Error(`${moves.map(({ token }) => token).join('.')} leads nowhere`)
        if (way.rewritings.length > 0) moved++
        const at = way.nodes.at(-1)
        expect(at?.clients).toEqual(node.clients)
        expect(at && told(at.state)).toEqual(told(node.state))
        expect(at?.end?.isOversold).toBe(node.end?.isOversold)
      }
      expect(moved).toBeGreaterThan(0)
    })
  }
})
