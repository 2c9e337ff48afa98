/**
 * Goal: what the page says of its challenges is true. Method: each is played on the published recording: the
 * shortest way is found again by trying all, and what cannot happen happens in no schedule.
 */
import { describe, expect, test } from 'vitest'
import { challenges } from '../../../learn/scheduler/challenges.ts'
import { Prospects, Routes, wayOf } from '../../../learn/scheduler/page/game.ts'
import { unpacked } from '../../../learn/scheduler/page/unpack.ts'
import { storedRecordings } from '../../../learn/scheduler/stored.ts'
import { pathsOf } from './paths.ts'

const trees = (await storedRecordings()).flatMap((recording) => recording.trees)

describe.each(challenges)('$id', ({ strategy, scenario, clients, goal, question }) => {
  const packed = trees.find(
    (tree) => tree.strategy === strategy && tree.scenario === scenario && tree.clients === clients,
  )
  if (packed === undefined) throw new Error(`${strategy} in ${scenario} was not recorded`)
  const { root } = unpacked(packed)
  const prospects = new Prospects()
  const routes = new Routes(goal, prospects)

  test('can be reached, in no fewer moves than it says', () => {
    const shortest = routes.whole(root)
    expect(shortest).toHaveLength(routes.from(root)?.moves ?? Number.NaN)
    const way = wayOf(root, shortest)
    expect(way?.steps.findIndex((step) => routes.isReachedBy(step))).toBe(shortest.length - 1)
    const shorter = [...pathsOf(root)].filter(
      ({ moves, steps }) => moves.length < shortest.length && steps.some((step) => routes.isReachedBy(step)),
    )
    expect(shorter).toEqual([])
  })

  test.runIf(question !== undefined)('has one right answer, and in no schedule an oversell', () => {
    expect(question?.answers.filter(({ isRight }) => isRight)).toHaveLength(1)
    expect(prospects.of(root).oversold).toBe(0)
    expect(packed.violating).toBe(0)
    expect(packed.outcome).toBe('proved')
  })

  test.runIf(goal.kind === 'oversold')('oversells where it says, and not before', () => {
    const way = wayOf(root, routes.whole(root))
    const isOversold = way?.nodes.map((node) => prospects.isOversold(node))
    expect(isOversold?.indexOf(true)).toBe((way?.nodes.length ?? 0) - 1)
    const holdsAtEnd = way?.nodes
      .at(-1)
      ?.state.holds.filter(([, status]) => status === 'held' || status === 'confirmed')
    // A memory that was lost has forgotten the first of the two.
    expect(holdsAtEnd?.length).toBe(scenario === 'forgetting' ? 1 : 2)
  })
})
