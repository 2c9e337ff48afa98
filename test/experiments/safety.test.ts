/** Goal: what a strategy survives is what was measured, and no run makes it safer than it says. Method: cells made by hand. */
import { expect, it } from 'vitest'
import { safetyOf } from '../../experiments/safety.ts'
import { PROMISES_DEFAULT } from '../../strategies/registry.ts'
import { madeCell } from '../faults/made-cell.ts'

const safe = { name: 'a-strategy', promises: PROMISES_DEFAULT }
const exposed = {
  name: 'a-strategy',
  promises: { ...PROMISES_DEFAULT, safe: 'without-faults', unsafeUnder: ['lost-writes'] },
} as const

it('is what is promised where nothing was measured, and says so', () => {
  expect(safetyOf(safe, [])).toMatchObject({ loss: 'nothing', isMeasured: false })
  expect(safetyOf(safe, []).words).toContain('(promised)')
  expect(safetyOf(exposed, []).loss).toBe('writes of a failover')
  // A fault that did not strike is no measurement.
  expect(safetyOf(safe, [madeCell(undefined, { fault: 'client-paused' })]).isMeasured).toBe(false)
})

it('is lost with one run that oversold, whatever is promised', () => {
  const cells = [
    madeCell('safe', { fault: 'connections-cut' }),
    madeCell('oversells', { fault: 'client-paused', title: 'client paused' }),
  ]
  const found = safetyOf(safe, cells)
  expect(found).toMatchObject({ loss: 'a pause of a client', isMeasured: true })
  expect(found.words).toContain('1 of 2 faults (measured); not “client paused” (measured)')
})

it('is not won by a run that went well', () => {
  const found = safetyOf(exposed, [madeCell('safe', { fault: 'connections-cut' })])
  expect(found.loss).toBe('writes of a failover')
  expect(found.words).toContain('(promised)')
})

it('is not lost by servers that were set to lose what they acknowledge', () => {
  const cells = [
    madeCell('oversells', { fault: 'engine-killed-relaxed' }),
    madeCell('safe', { fault: 'engine-killed' }),
  ]
  expect(safetyOf(safe, cells)).toMatchObject({ loss: 'nothing', isMeasured: true })
})

it('belongs to its own strategy', () => {
  expect(safetyOf(safe, [madeCell('oversells', { fault: 'client-paused', strategy: 'another' })]).loss).toBe(
    'nothing',
  )
})
