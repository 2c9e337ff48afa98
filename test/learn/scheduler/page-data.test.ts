/**
 * Goal: the page says what was recorded, and a link leads to what it names. Method: the page is taken apart
 * again, and each tree in it compared with the recording; addresses are read back; all positions are counted.
 */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { inflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PageData } from '../../../learn/scheduler/data/page-data.ts'
import { packed } from '../../../learn/scheduler/packed.ts'
import { addressIn, addressOf } from '../../../learn/scheduler/page/address.ts'
import { Prospects, wayOf } from '../../../learn/scheduler/page/game.ts'
import { inflated } from '../../../learn/scheduler/page/inflate.ts'
import { unpacked } from '../../../learn/scheduler/page/unpack.ts'
import { notShownText, outcomeText } from '../../../learn/scheduler/page/wording.ts'
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

describe('what the page says', () => {
  const data = dataOf(recordings)
  const shown = 'a-strategy in “hold”'

  test('of an address that leads nowhere: what there is none of, and what is shown instead', () => {
    const why = (text: string) => notShownText(text, addressIn(text), { data, shown })
    expect(why('v2/nope/hold/2/1')).toBe(
      'There is no strategy called “nope” on this page. Shown instead: a-strategy in “hold”.',
    )
    expect(why('v2/postgres-naive/nope/2/')).toMatch(
      /no recording of postgres-naive in “nope” with 2 buyers\./,
    )
    expect(why('nope')).toMatch(/ends in “nope”, which names no position\. Shown instead/)
    const [out] = data.leftOut
    const { strategy, scenario, clients, why: reason } = out ?? expect.fail('nothing is left out')
    expect(why(`v2/${strategy}/${scenario}/${clients}/`)).toContain(`buyers: ${reason}. Shown instead`)
  })

  test('of a whole tree: that the command runs fewer, with the numbers in the document', async () => {
    for (const tree of trees)
      expect(outcomeText(tree).includes('holdfast explore'), tree.strategy).toBe(tree.pruning === 'nothing')
    const naive = trees.find(({ strategy, scenario }) => strategy === 'postgres-naive' && scenario === 'hold')
    const text = await readFile(path.resolve(import.meta.dirname, '../../../docs/scheduler.md'), 'utf8')
    expect(naive?.pruning).toBe('nothing')
    expect(text).toContain(
      `has ${naive?.schedules} schedules with two buyers here, of which ${naive?.violating} sell the seat twice`,
    )
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
