/**
 * Goal: the page says what was recorded, and a link leads to what it names. Method: the page is taken apart
 * again, and each tree in it compared with the recording; addresses are read back; all positions are counted.
 */
import { inflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PageData } from '../../../learn/scheduler/data/page-data.ts'
import { packed } from '../../../learn/scheduler/packed.ts'
import { addressIn, addressOf } from '../../../learn/scheduler/page/address.ts'
import { Prospects, wayOf } from '../../../learn/scheduler/page/game.ts'
import { inflated } from '../../../learn/scheduler/page/inflate.ts'
import { unpacked } from '../../../learn/scheduler/page/unpack.ts'
import { dataOf, pageOf } from '../../../learn/scheduler/page.ts'
import { notRecorded } from '../../../learn/scheduler/record-all.ts'
import { recordedEntries } from '../../../learn/scheduler/recorded-entries.ts'
import { storedRecordings } from '../../../learn/scheduler/stored.ts'
import { registry } from '../../../strategies/registry.ts'
import { FULL, SLICE } from '../../size.ts'
import { pathsOf } from './paths.ts'

const stored = await storedRecordings()
const missing = recordedEntries.filter(({ name }) => !stored.some(({ strategy }) => strategy === name))
const recordings = [...stored, ...missing.map(notRecorded)]
const trees = recordings.flatMap((recording) => recording.trees)
const html = pageOf(recordings)

describe('the page', () => {
  const json = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)?.[1] ?? ''
  const data = JSON.parse(json) as PageData

  test('is one file of a few megabytes that asks nothing of the network', () => {
    expect(html.length).toBeLessThan(3 * 1024 * 1024)
    expect(html).not.toMatch(/(?:src|href)="(?!data:)/)
  })

  test('carries every tree as it was recorded', () => {
    expect(data).toEqual(JSON.parse(JSON.stringify(dataOf(recordings))))
    expect(data.trees).toHaveLength(trees.length)
    for (const { strategy, scenario, clients, deflated } of data.trees) {
      const tree = trees.find(
        (each) => each.strategy === strategy && each.scenario === scenario && each.clients === clients,
      )
      const bytes = Buffer.from(deflated, 'base64')
      const told = inflateRawSync(bytes).toString()
      expect(JSON.parse(told)).toEqual(tree)
      expect(Buffer.from(inflated(bytes)).toString() === told).toBe(true)
    }
  })

  test('has every strategy of the registry, in every scenario, or says why not', () => {
    const told = new Set(
      [...data.trees, ...data.leftOut].map(
        ({ strategy, scenario, clients }) => `${strategy} ${scenario} ${clients}`,
      ),
    )
    for (const { name } of registry) {
      for (const scenario of [
        'hold',
        'two-seats',
        'expiry',
        'death',
        'pause',
        'forgetting',
        'late-payment',
      ]) {
        expect(told, `${name} in ${scenario}`).toContain(`${name} ${scenario} 2`)
      }
    }
    for (const { why } of data.leftOut) {
      expect(why).not.toBe('')
      expect(html).toContain('What is not here')
    }
  })
})

describe.each(trees)('$strategy in $scenario with $clients', (tree) => {
  const whole = unpacked(tree)
  const size = tree.strategy === 'postgres-naive' ? SLICE : FULL

  test('is the same tree when it is packed again', size, () => {
    const { briefs: _, ...again } = whole
    expect(packed(again)).toEqual(tree)
  })

  test('has as many schedules and violations as the explorer counted', size, () => {
    const { ends, oversold, broken } = new Prospects().of(whole.root)
    expect(ends).toBe(tree.schedules)
    expect(oversold + broken).toBe(tree.violating)
  })

  test('leads somewhere with every move that it offers', size, () => {
    for (const { moves, node } of pathsOf(whole.root)) {
      for (const { token, cut } of node.choices) {
        const way = wayOf(whole.root, [...moves, { token, way: 0 }])
        expect(way?.nodes).toHaveLength(moves.length + 2)
        expect(way?.rewritings.length === 0).toBe(cut === undefined)
      }
    }
  })
})

describe('an address', () => {
  const move = fc.record({ token: fc.constantFrom('1', '2', '3', 'd', 'l', 'x', 'f', 't'), way: fc.nat(2) })
  const address = fc.record(
    {
      strategy: fc.constantFrom('postgres-naive', 'redlock'),
      scenario: fc.constantFrom('hold', 'two-seats'),
      clients: fc.integer({ min: 2, max: 4 }),
      moves: fc.array(move, { maxLength: 30 }),
      challenge: fc.constantFrom('row-lock', 'fence'),
    },
    { requiredKeys: ['strategy', 'scenario', 'clients', 'moves'] },
  )

  test('is read as it was written', () => {
    fc.assert(
      fc.property(address, (given) => {
        expect(addressIn(addressOf(given))).toEqual(given)
      }),
    )
  })

  test.for(['', 'v1/postgres-naive/hold/2/1', 'v2/a', 'v2/a/b/x/1', 'v2/a/b/2/12', 'about'])(
    'that is none is refused: %s',
    (text) => {
      expect(addressIn(text)).toBeUndefined()
    },
  )
})
