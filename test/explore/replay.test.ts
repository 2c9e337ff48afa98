/**
 * Goal: a schedule that is played again is the same again, and what is drawn of it is what happened. Method:
 * played on the real engine; the saved diagrams held against diagrams made now.
 */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { drawnEntries } from '../../experiments/drawn.ts'
import { diagram } from '../../harness/explore/diagram/diagram.ts'
import { drawExample, exampleDiagrams } from '../../harness/explore/example-diagrams.ts'
import { ImpossibleStepError, replay } from '../../harness/explore/replay.ts'
import { scenarios } from '../../harness/explore/scenario.ts'
import { parseSchedule } from '../../harness/explore/schedule.ts'
import { Testbed } from '../../harness/explore/testbed.ts'
import { transcript, wrongIn } from '../../harness/explore/transcript.ts'
import { registry } from '../../strategies/registry.ts'
import { FULL, SLICE } from '../size.ts'
import { withEngines } from '../with-engines.ts'

const opened = await withEngines(['postgres', 'redis', 'tigerbeetle'], process.env, { redis: 3 })
const root = join(import.meta.dirname, '../..')

async function played(text: string) {
  const schedule = parseSchedule(text)
  const entry = registry.find(({ name }) => name === schedule.strategy) ?? expect.fail(`there is no ${text}`)
  const scenario =
    scenarios.find(({ name }) => name === schedule.scenario) ?? expect.fail(`there is no ${text}`)
  await using testbed = await Testbed.open(entry, opened.engines, schedule.clients)
  const judged = await replay(testbed, scenario, schedule.steps, { isWatched: true })
  const { events, looks } = judged.run
  const wrong = wrongIn(judged.verdict)
  return {
    ...judged,
    text: transcript(events, wrong),
    svg: diagram({ schedule, scenario, events, wrong, looks }),
  }
}

describe('a schedule that is played', () => {
  test('sells the seat twice, says at which step, and does so again', async () => {
    const naive = 'v2/postgres-naive/hold/2/1.2.1.1.2.2'
    const first = await played(naive)
    expect(first.verdict).toMatchObject({ verdict: 'invalid', overReservedUnits: 1 })
    expect(first.added).toBe(0)
    expect(wrongIn(first.verdict)?.step).toBe(6)
    expect(first.text).toMatch(
      / 6 {2}Bob +│ insert into hold, hold_line …; commit[\s\S]*▲ seat has 1 unit, but 2 were taken/,
    )
    const again = await played(naive)
    expect(again.text).toBe(first.text)
    expect(again.svg).toBe(first.svg)
    expect(again.history).toEqual(first.history)
  })

  test('says who waits for whom', async () => {
    const { verdict, text, svg } = await played('v2/postgres-select-for-update/hold/2/1.2.1.1')
    expect(verdict.verdict).toBe('valid')
    expect(text).toMatch(/Bob +│ {3}… waits for Alice/)
    expect(svg).toContain('<line class="wait l2"')
    expect(svg).toContain('Bob waits for Alice')
    // In the lane of the row: Alice has it locked, and Bob waits for it.
    expect(svg).toContain('<line class="locked l1"')
    expect(svg).toContain('<line class="awaited l2"')
  })

  test('goes on until everybody is through', async () => {
    const { added, verdict } = await played('v2/postgres-conditional-update/hold/2/2')
    expect(added).toBeGreaterThan(0)
    expect(verdict.verdict).toBe('valid')
  })

  test('may be impossible: then the step is named', async () => {
    const waiting = played('v2/postgres-select-for-update/hold/2/1.2.2')
    await expect(waiting).rejects.toThrow(ImpossibleStepError)
    await expect(waiting).rejects.toThrow('step 3 of the schedule cannot be 2')
    await expect(played('v2/postgres-conditional-update/hold/2/1.2.2.1')).rejects.toThrow(ImpossibleStepError)
  })
})

describe('the saved diagrams', () => {
  test('are the example diagrams', () => {
    const files = globSync('*.svg', { cwd: join(root, 'docs/diagrams') })
    expect(files.toSorted()).toEqual(exampleDiagrams.map(({ name }) => `${name}.svg`).toSorted())
  })

  /** A lane of each kind, and a race. */
  const inSlice = new Set([
    'double-booking',
    'deadlock',
    'setnx-fenced-pause',
    'tigerbeetle-pending-transfer',
  ])
  for (const example of exampleDiagrams) {
    test(
      `${example.name} is what happens today (npm run diagrams draws it again)`,
      inSlice.has(example.name) ? SLICE : FULL,
      async ({ skip }) => {
        const { strategy } = parseSchedule(example.schedule)
        const needs = drawnEntries.find(({ name }) => name === strategy)?.engines ?? []
        if (opened.lacks(needs)) skip('an engine that it needs is not there')
        const saved = readFileSync(join(root, 'docs/diagrams', `${example.name}.svg`), 'utf8')
        expect(textsOf(await drawExample(example, drawnEntries, opened.engines))).toEqual(textsOf(saved))
      },
    )
  }

  test.for(exampleDiagrams)('$name can be read, and read aloud', ({ name }) => {
    const svg = readFileSync(join(root, 'docs/diagrams', `${name}.svg`), 'utf8')
    expect(svg).toMatch(/role="img" aria-labelledby="title desc"/)
    expect(svg).toMatch(/<title id="title">[^<]+<\/title>/)
    expect(svg).toMatch(/<desc id="desc">[^<]{100,}<\/desc>/)
    expect(svg).toContain('prefers-color-scheme:dark')
    expect(overlapping(svg)).toEqual([])
  })

  test.for(exampleDiagrams)('$name explains every kind of bar that it has, and no other', ({ name }) => {
    const svg = readFileSync(join(root, 'docs/diagrams', `${name}.svg`), 'utf8')
    const bars = [...svg.matchAll(/<line class="(\w+)([\w ]*)"/g)].filter(
      ([, kind]) => kind !== 'edge' && kind !== 'back',
    )
    const of = (isSample: boolean) =>
      new Set(bars.flatMap(([, kind, more]) => (more?.includes('sample') === isSample ? kind : [])))
    expect(of(true)).toEqual(of(false))
  })
})

/**
 * What is said in a drawing, from top to bottom. Whom a wait is for that closes a circle is no longer known if the database
 * ends the circle first.
 */
function textsOf(svg: string): readonly string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) =>
    (text ?? '').replace(/^… waits for \w+$/, '… waits'),
  )
}

/** The widths of letters: monospaced ones of 12 px, and the average of the others by size. */
const MONOSPACED_PX = 7.25
const LETTER_PX: Readonly<Record<string, number>> = {
  title: 9.6,
  name: 8,
  told: 7.4,
  lane: 6.8,
  sub: 6.4,
  cell: 6.4,
  key: 6.4,
  foot: 6.4,
}
const LINE_PX = 12

/** Pairs of texts that would be written over each other, and texts that leave the picture. */
function overlapping(svg: string): readonly string[] {
  const texts = [...svg.matchAll(/<text class="(\w+)[\w ]*" x="([\d.]+)" y="([\d.]+)">([^<]*)<\/text>/g)].map(
    ([, kind = '', x, y, text = '']) => ({
      left: Number(x),
      right: Number(x) + text.replaceAll(/&[#\w]+;/g, '·').length * (LETTER_PX[kind] ?? MONOSPACED_PX),
      y: Number(y),
      text,
    }),
  )
  expect(texts.length).toBeGreaterThan(5)
  const width = Number(/viewBox="0 0 (\d+)/.exec(svg)?.[1])
  return texts.flatMap((one, at) => [
    ...(one.right > width ? [`${one.text} runs out of the picture`] : []),
    ...texts
      .slice(at + 1)
      .filter(
        (other) => Math.abs(one.y - other.y) < LINE_PX && one.left < other.right && other.left < one.right,
      )
      .map((other) => `${one.text} and ${other.text}`),
  ])
}
