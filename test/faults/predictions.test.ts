/**
 * Goal: no prediction changes unseen. Method: all of them, as text, are compared with a file; a change of a promise, a fault
 * or an exception shows as a line of it.
 */
import { describe, expect, test } from 'vitest'
import { engineKinds } from '../../harness/engines/registry.ts'
import { predicted } from '../../harness/faults/predictions.ts'
import { faultKinds } from '../../harness/faults/registry.ts'
import { registry } from '../../strategies/registry.ts'

function lineOf(fault: (typeof faultKinds)[number], entry: (typeof registry)[number]): string {
  const found = predicted(fault, entry, engineKinds)
  if (found.kind === 'not-applicable') return `–, as ${found.why}`
  const { outcome, service, recovers, reason } = found.prediction
  const parts = [outcome, service, recovers ? undefined : 'does not recover']
  return `${parts.filter(Boolean).join(', ')}${reason === undefined ? '' : ` (${reason})`}`
}

test('all predictions', async () => {
  const text = faultKinds
    .map((fault) =>
      [fault.name, ...registry.map((entry) => `  ${entry.name.padEnd(38)} ${lineOf(fault, entry)}`)].join(
        '\n',
      ),
    )
    .join('\n\n')
  await expect(`${text}\n`).toMatchFileSnapshot('predictions.txt')
})

describe('every exception', () => {
  const exceptions = registry.flatMap(({ name, faults = {} }) =>
    Object.entries(faults).map(([fault, exception]) => ({ name, fault, exception })),
  )

  test.for(exceptions)('of $name under $fault is one, and says why', ({ name, fault, exception }) => {
    const kind = faultKinds.find((each) => each.name === fault) ?? expect.fail(`there is no fault ${fault}`)
    const entry = registry.find((each) => each.name === name) ?? expect.fail(`there is no ${name}`)
    const { faults: _, ...plain } = entry
    const without = predicted(kind, plain, engineKinds)
    const { reason, ...changes } = exception
    expect(without).toMatchObject({ kind: 'predicted' })
    expect(without).not.toMatchObject({ prediction: changes })
    expect(reason).toMatch(/^.{20,}[^.]$/)
  })
})

test('every fault has a name of its own, and says how one knows that it struck', () => {
  expect(new Set(faultKinds.map(({ name }) => name)).size).toBe(faultKinds.length)
  for (const { strikesIf, does } of faultKinds) {
    expect(strikesIf).toMatch(/^.{10,}[^.]$/)
    expect(does).toMatch(/^.{20,}\.$/)
  }
})
