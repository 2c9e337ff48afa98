/**
 * Goal: what a build sees is what was judged: a failure is a failure, what was not proven is never a pass, and no text of a strategy can
 * break the format. Method: judgements with hostile texts, and one run of the command itself.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { type BuildCheck, ofResults } from '../../cli/ci/build-check.ts'
import { annotations } from '../../cli/ci/github.ts'
import { junitXml } from '../../cli/ci/junit.ts'
import { run } from '../package/command.ts'
import { FULL } from '../size.ts'

const HOSTILE = 'a "quote", <tag> & \u001b[31mred\u001b[0m\u0000: 100 %\nnext line ]]>'

const JUDGED: readonly BuildCheck[] = [
  { group: 'ours', name: 'one', kind: 'passed', seconds: 1.25 },
  { group: 'ours', name: HOSTILE, kind: 'failed', why: HOSTILE, details: HOSTILE },
  { group: 'ours', name: 'three', kind: 'skipped', why: 'it does not apply' },
  { group: 'other', name: 'four', kind: 'not-proven', why: 'no server' },
]

it('JUnit counts failures apart from what was not proven, and escapes every text', () => {
  const xml = junitXml('compare', JUDGED)
  expect(xml).toContain(
    '<testsuites name="holdfast compare" tests="4" failures="1" errors="1" skipped="1" time="1.250">',
  )
  expect(xml).toContain('<testsuite name="ours" tests="3" failures="1" errors="0" skipped="1" time="1.250">')
  expect(xml).toContain('<error message="not proven: no server"></error>')
  expect(xml).toContain('a &quot;quote&quot;, &lt;tag&gt; &amp; red: 100 %&#10;next line ]]&gt;')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
  expect(xml).not.toMatch(/[\u0000\u001b]/)
})

it('annotations are one line each, at most ten, and name what is not proven', () => {
  const lines = annotations(JUDGED).trimEnd().split('\n')
  expect(lines).toHaveLength(2)
  expect(lines[0]).toMatch(/^::error title=ours · a "quote"%2C .*100 %25%0Anext line.*%3A failed::/)
  expect(lines[1]).toBe('::error title=other · four%3A not proven::no server')
  const many = Array.from({ length: 30 }, () => JUDGED[3] as BuildCheck)
  expect(annotations(many).trimEnd().split('\n')).toHaveLength(11)
})

it('a control that was not caught is not proven, whatever the trials say', () => {
  const results = {
    trials: [],
    notProven: [],
    control: { caught: false, strategy: 'naive', workload: 'drain' },
  }
  expect(ofResults(results as unknown as Parameters<typeof ofResults>[0])).toEqual([
    expect.objectContaining({ kind: 'not-proven' }),
  ])
})

it('explore writes its findings where it is told to, with the same exit code', FULL, async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'holdfast-junit-'))
  try {
    const file = path.join(folder, 'found.xml')
    const explore = ['explore', '--strategy', 'postgres-conditional-update', '--scenario', 'hold']
    const bin = path.resolve(import.meta.dirname, '../../bin/holdfast.js')
    const { code } = await run(['node', bin, ...explore, '--junit', file, '--github'], { cwd: folder })
    expect(code).toBe(0)
    expect(await readFile(file, 'utf8')).toMatch(
      /<testcase classname="postgres-conditional-update" name="hold, every interleaving of 2 clients" time="[\d.]+"\/>/,
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
