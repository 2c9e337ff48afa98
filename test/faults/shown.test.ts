/**
 * Goal: what faults came to is read by everybody: by a symbol and words, a mismatch as one, and a fault that cannot happen as
 * that. Method: the page's section, the picture and the document, from cells made by hand.
 */
import { expect, test } from 'vitest'
import { printFaultCell, printFaultTable } from '../../cli/faults/print.ts'
import { engineKinds } from '../../harness/engines/registry.ts'
import { faultTables, withTables } from '../../harness/faults/document.ts'
import { frameOf } from '../../harness/faults/frame.ts'
import { faultKinds } from '../../harness/faults/registry.ts'
import { faultsPicture } from '../../harness/report/charts/faults-picture.ts'
import { type FaultFrame, gridOf } from '../../harness/report/fault-grid.ts'
import { OUTCOME_LOOKS } from '../../harness/report/fault-outcomes.ts'
import { faultsSection } from '../../harness/report/page/faults.ts'
import { faultsPage } from '../../harness/report/page/faults-page.ts'
import type { FaultCell } from '../../harness/results/faults.ts'
import { registry } from '../../strategies/registry.ts'
import { resultsOf } from '../report/fixture.ts'
import { madeCell } from './made-cell.ts'

test('on the terminal, nothing is as predicted where nothing was finished', () => {
  let said = ''
  const sink = {
    write: (text: string) => {
      said += text
    },
    paint: (_: unknown, text: string) => text,
    isTerminal: false,
    columns: 80,
  }
  printFaultTable(sink, resultsOf({ trials: [], faults: [] }), { faults: faultKinds })
  expect(said).toBe('\nNothing was finished, and nothing is known.\n')
})

/** One of each kind. */
const cells: readonly FaultCell[] = [
  madeCell('safe', { strategy: 's1', service: 'serves' }),
  madeCell('oversells', { strategy: 's2', oversoldUnits: 1, conviction: 'O1 oversell · seat-1 <b>' }),
  madeCell('oversells', { strategy: 's3', overReservedUnits: 1 }),
  madeCell('loses-sales', { strategy: 's4', lostSales: 2 }),
  madeCell('undersells', { strategy: 's5' }),
  madeCell('breaks-promises', { strategy: 's6' }),
  madeCell(undefined, { strategy: 's7' }),
]
const frame: FaultFrame = {
  strategies: [...cells.map(({ strategy }) => strategy), 's8', 's9'],
  faults: [{ name: 'a-fault', title: 'a fault', does: 'What the test says.' }],
  whyNot: (_, strategy) => (strategy === 's8' ? 'it keeps no leases' : undefined),
}

test('on the page a cell of each kind has its symbol, its words and its evidence', () => {
  expect(faultsSection(resultsOf())).toBeUndefined()
  const text = faultsSection(resultsOf({ faults: cells }), frame)?.text ?? expect.fail('there is no section')
  for (const [at, { symbol, words, className }] of OUTCOME_LOOKS.entries()) {
    const id = `fault.s${at + 1}.a-fault`
    expect(text, words).toMatch(
      new RegExp(
        `<td class="${className}"><a href="#${id}" title="[^"]*${words}[^"]*" aria-label="[^"]*">[${symbol}]`,
      ),
    )
    expect(text, words).toContain(`<details class="race" id="${id}">`)
    expect(text).toContain(`faults -- a-fault --strategy s${at + 1} --seed 1 --again`)
  }
  expect(text).toContain('s8, a fault: it keeps no leases')
  expect(text).toContain('s9, a fault: not run')
  expect(text).toContain('seat-1 &lt;b&gt;')
  // Safe is safe as far as one run goes.
  expect(text).toContain('0 of 1: below 95 % at 95 %')
  expect(text.match(/<sup>≠<\/sup>/g)).toHaveLength(cells.filter(({ asPredicted }) => !asPredicted).length)
})

test('without a frame, what is not there is not told apart', () => {
  const text = faultsSection(resultsOf({ faults: cells }))?.text ?? expect.fail('there is no section')
  expect(text).toContain('not run here, or cannot happen')
})

test.for([
  [0, '(something; no runs left)'],
  [1, '(something; 1 run left, about 1 min)'],
  [2, '(something; 2 runs left, about 1 min)'],
] as const)('a line of the command says of what %i are left', ([count, said]) => {
  let written = ''
  const sink = {
    write: (text: string) => {
      written += text
    },
    paint: (_: unknown, text: string) => text,
    isTerminal: false,
    columns: 120,
  }
  printFaultCell(sink, madeCell('safe'), { count, ms: 30_000 })
  expect(written).toContain(said)
})

test('the published page is whole, and needs nothing else', () => {
  const page = faultsPage(resultsOf({ faults: cells }), frame)
  expect(page).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/)
  expect(page).not.toMatch(/(?:src|href)="(?!#|data:)/)
})

test('in the picture, each kind has its symbol and its colour, on a light page and on a dark one', () => {
  const svg = faultsPicture(gridOf(cells, frame))
  for (const { symbol, className, words } of OUTCOME_LOOKS) {
    expect(svg).toContain(`class="${className} mark"`)
    expect(svg.split(`>${symbol}<`).length, words).toBeGreaterThan(2)
    expect(svg).toContain(`>${words}<`)
  }
  expect(svg).toContain('>–<')
  expect(svg).toContain('>·<')
  expect(svg).toContain('prefers-color-scheme:dark')
  expect(svg).toContain('7 cells run, 6 not as predicted')
})

test('in the document, beside what was predicted', () => {
  const [fault = expect.fail('there is no fault')] = faultKinds
  const strategy = 'postgres-nowait'
  const told = (outcome: FaultCell['outcome']) =>
    faultTables(
      resultsOf({ faults: [madeCell(outcome, { fault: fault.name, strategy })] }),
      [fault],
      registry,
      engineKinds,
    )
  expect(told('oversells')).toContain(
    `| ${fault.name} | ${strategy} | predicted: safe; found: oversells | not explained yet |`,
  )
  expect(told('safe')).toContain(
    `| ${strategy} | ✓ safe | ✓ safe, back in 0.3 s, 1 of 1 (other outcomes 0 of 1: below 95 % at 95 %) |`,
  )
  expect(told(undefined)).toContain('? unknown')
  const document = 'before\n<!-- faults -->\nold\n<!-- /faults -->\nafter'
  expect(withTables(document, 'new')).toBe('before\n<!-- faults -->\nnew\n<!-- /faults -->\nafter')
  expect(() => withTables('no place', 'new')).toThrow('no place')
})

test('the frame has every strategy that promises anything, and says whom a fault cannot happen to', () => {
  const { strategies, whyNot } = frameOf(faultKinds, registry, engineKinds)
  expect(strategies).not.toContain('postgres-naive')
  expect(whyNot('minority-lost', 'redis-lua')).toBe('it keeps no leases beside its record')
  expect(whyNot('minority-lost', 'redlock')).toBeUndefined()
})
