/**
 * Goal: what faults came to is read by everybody: by a symbol and words, a mismatch as one, and a fault that cannot happen as
 * that. Method: the page's section and the document, from cells made by hand.
 */
import { expect, test } from 'vitest'
import { engineKinds } from '../../harness/engines/registry.ts'
import { faultTables } from '../../harness/faults/document.ts'
import { faultKinds } from '../../harness/faults/registry.ts'
import { faultsSection } from '../../harness/report/page/faults.ts'
import { registry } from '../../strategies/registry.ts'
import { resultsOf } from '../report/fixture.ts'
import { madeCell } from './made-cell.ts'

const cells = [
  madeCell('safe', { service: 'serves' }),
  madeCell('oversells', { strategy: 'another', oversoldUnits: 1, conviction: 'O1 oversell · seat-1 <b>' }),
  madeCell(undefined, { strategy: 'another', fault: 'other', title: 'another fault' }),
]

test('on the page', () => {
  expect(faultsSection(resultsOf())).toBeUndefined()
  const text = faultsSection(resultsOf({ faults: cells }))?.text ?? expect.fail('there is no section')
  expect(text).toContain('<b>✓ safe</b>, serves')
  expect(text).toContain('<b>✗ oversells</b> ≠ not as predicted')
  expect(text).toContain('<b>? unknown</b> ≠ not as predicted')
  expect(text).toContain('– does not apply')
  const soft = faultsSection(resultsOf({ faults: [madeCell('oversells', { overReservedUnits: 1 })] }))?.text
  expect(soft).toContain('<b>✗ oversells</b> in promises, no sale twice ≠ not as predicted')
  expect(text).toContain('faults a-fault --strategy another --seeds 1 --again')
  expect(text).toContain('seat-1 &lt;b&gt;')
})

test('in the document, where the last run of a cell counts', () => {
  const [fault = expect.fail('there is no fault')] = faultKinds
  const strategy = 'postgres-nowait'
  const first = resultsOf({ faults: [madeCell('oversells', { fault: fault.name, strategy })] })
  const later = resultsOf({ faults: [madeCell('safe', { fault: fault.name, strategy })] })
  const told = (runs: Parameters<typeof faultTables>[0]) => faultTables(runs, [fault], registry, engineKinds)
  expect(told([first])).toContain(`| ${fault.name} | ${strategy} | predicted: safe; found: oversells |`)
  expect(told([first, later])).toContain(`| ${strategy} | ✓ safe | ✓ safe, back in 0.3 s, 1 of 1 |`)
  expect(told([first, later])).not.toContain('✗ oversells, back')
})
