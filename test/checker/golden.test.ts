/**
 * Goal: what the checker finds stays the same, one for one, when it is made faster. Method: every word of its
 * verdicts on some thousands of seeded histories, as a hash of each. A change that is meant to find something
 * else rewrites them with `npx vitest run test/checker/golden.test.ts -u`, and says why.
 */
import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import type { Verdict } from '../../harness/checker/verdict.ts'
import { goldenHistories, verdictOfGolden } from './golden-histories.ts'

/** 36 bits: of a thousand changed findings, none stays unnoticed. */
const HASH_LENGTH = 6
const ON_A_LINE = 10

/** The first letter of the verdict, so that a reader sees what became of it. */
function summaryOf(verdict: Verdict): string {
  const hash = createHash('sha256').update(JSON.stringify(verdict)).digest('base64url')
  return `${verdict.verdict.slice(0, 1)}:${hash.slice(0, HASH_LENGTH)}`
}

it('finds what it found before', async () => {
  const found = new Map<string, string[]>()
  const verdicts = new Set<string>()
  const rules = new Set<string>()
  for (const history of goldenHistories()) {
    const verdict = verdictOfGolden(history)
    verdicts.add(verdict.verdict)
    for (const { rule } of verdict.violations) rules.add(rule)
    const list = found.get(history.name) ?? []
    found.set(history.name, list)
    list.push(summaryOf(verdict))
  }
  expect([...verdicts].toSorted()).toEqual(['invalid', 'unknown', 'valid'])
  // Every rule has convicted at least once, so that none can be lost.
  expect([...rules].toSorted()).toEqual(['A', 'B', 'D', 'I', 'L', 'O1', 'O2', 'R1', 'S', 'T', 'V', 'W', 'X'])
  const lines: string[] = []
  for (const [name, list] of found) {
    for (let at = 0; at < list.length; at += ON_A_LINE) {
      lines.push(`${name} ${at}: ${list.slice(at, at + ON_A_LINE).join(' ')}`)
    }
  }
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('golden-findings.txt')
})
