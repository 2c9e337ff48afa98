/**
 * Goal: a lesson says what was measured, and is written as the command reads it. Method: every place is filled
 * again from the published data and compared; what is said by hand is checked against the same data.
 */
import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { comparison } from '../../experiments/say.ts'
import { PUBLISHED, publishedFaults, storedStudy } from '../../experiments/stored.ts'
import { exercises } from '../../learn/exercises/registry.ts'
import { fillFrom } from '../../learn/lessons/figures.ts'
import { lessonIn, lessonsOf, PARTS } from '../../learn/lessons/lesson.ts'
import { byHand, filled, withoutComments } from '../../learn/lessons/places.ts'
import { STATEMENTS } from '../../learn/lessons/statements.ts'
import { inTerminal } from '../../learn/lessons/terminal.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const FOLDER = path.join(ROOT, 'docs/lessons')
const lessons = lessonsOf(FOLDER)
const textOf = (file: string) => readFileSync(path.join(FOLDER, file), 'utf8')
const data = { studied: await storedStudy(PUBLISHED), faults: await publishedFaults() }
const fill = fillFrom(data)

describe.each(lessons.map((lesson) => ({ name: lesson.file, lesson })))('$name', ({ name, lesson }) => {
  const text = textOf(name)

  it('has the figures of the published data: npm run lessons writes them', () => {
    expect(filled(text, fill)).toBe(text)
    expect(text).toContain('<!-- put ')
  })

  it('quotes no measured figure by hand', () => {
    const prose = byHand(text).replaceAll(/```[\s\S]*?```/g, '')
    expect(prose.match(/\d[\d,.]*\s?(?:\/s|×|‰)/g) ?? []).toEqual([])
    expect(prose.match(/\d[\d,]*\.\d+ (?:ms|%)/g) ?? []).toEqual([])
  })

  it('begins no line with a place that is not a block, which would hide the rest of the line', () => {
    const begun = text.split('\n').filter((line) => line.startsWith('<!-- put ') && !line.endsWith(' -->'))
    expect(begun).toEqual([])
  })

  it('explains the dashes of its tables, and claims of nothing that was run that it was not', () => {
    for (const [, table = '', note = ''] of text.matchAll(
      /<!-- put table [^>]*-->\n([\s\S]*?)\n\n<sub>(.*)/g,
    )) {
      expect(note).toContain('95 % interval')
      expect(note.includes('A dash: '), table).toBe(table.includes('| – |'))
    }
    expect(text.split('<!-- put table ')).toHaveLength(text.split('<sub>Each figure').length)
    const isAllRun = !/\| not run yet/.test(text)
    expect(text.includes('not run yet'), 'of a table in which all was run').toBe(!isAllRun)
  })

  it('has four choices, a command, a row of the faults and an exercise that there is', () => {
    expect(lesson.choices.map(({ letter }) => letter)).toEqual(['a', 'b', 'c', 'd'])
    expect(lesson.question).toMatch(/^\*"[\s\S]+"\*$/)
    const part = (title: string) => lesson.parts.find((each) => each.title === title)?.text ?? ''
    expect(part('Run')).toMatch(/^```sh\nnpm run /)
    expect(part('Where it breaks')).toContain('<!-- put faults ')
    expect(part('Exercise')).toContain(`\`holdfast exercise ${lesson.number}\``)
    expect(exercises.map(({ number }) => number)).toContain(lesson.number)
    // Ninety seconds of speech.
    const words = part('The answer, in ninety seconds').match(/[\p{L}\d][^\s>]*/gu)?.length ?? 0
    expect(words).toBeGreaterThan(100)
    expect(words).toBeLessThanOrEqual(230)
  })
})

it.each(globSync('docs/*.md', { cwd: ROOT }).map((file) => ({ file })))(
  '$file has the figures of the published data: npm run lessons writes them',
  ({ file }) => {
    const text = readFileSync(path.join(ROOT, file), 'utf8')
    expect(filled(text, fill)).toBe(text)
  },
)

it('there are fifteen, in order, and the right letter cannot be guessed from the last one', () => {
  expect(lessons.map(({ number }) => number)).toEqual(Array.from({ length: 15 }, (_, at) => at + 1))
  for (const letter of ['a', 'b', 'c', 'd'])
    expect(lessons.filter(({ right }) => right === letter).length).toBeGreaterThanOrEqual(2)
  const index = textOf('README.md')
  for (const { file, title } of lessons) expect(index).toContain(`[${title}](${file})`)
})

it.each(STATEMENTS.map((statement, at) => ({ ...statement, at: at + 1 })))(
  'what lesson $lesson says of $figure in $experiment is so (statement $at)',
  ({ experiment, figure, more, than }) => {
    const found = data.studied.find((each) => each.experiment.name === experiment)
    expect(comparison(found?.data.figure(figure, more), found?.data.figure(figure, than))).toBe('more')
  },
)

it('every link within the repository leads to a file', () => {
  for (const file of globSync('docs/{lessons,teachers-key}/*.md', { cwd: ROOT })) {
    const text = readFileSync(path.join(ROOT, file), 'utf8')
    const links = [
      ...text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g),
      ...text.matchAll(/ src(?:set)?="([^"]+)"/g),
    ]
    for (const [, link = ''] of links) {
      const to = path.resolve(ROOT, path.dirname(file), link)
      expect(existsSync(to), `${file}: ${link}`).toBe(true)
    }
  }
})

it('the questions of others are answered in lessons that there are', () => {
  const [, list = ''] = textOf('README.md').split('## Questions that others ask')
  const rows = list.split('\n').filter((line) => /^\| .*\?/.test(line))
  expect(rows.length).toBeGreaterThan(15)
  for (const row of rows) {
    const links = [...row.matchAll(/\[(\d+)\]\(([^)]+)\)/g)]
    expect(links.length, row).toBeGreaterThan(0)
    for (const [, number, file] of links) expect(lessons[Number(number) - 1]?.file, row).toBe(file)
  }
})

it('drift is found, and so is a place that asks for what was not measured', () => {
  const text = textOf(lessons[0]?.file ?? '')
  const drifted = text.replace(/(<!-- put figure [^>]*-->)[^<]+/, '$1999 ms')
  expect(drifted).not.toBe(text)
  expect(filled(drifted, fill)).toBe(text)
  for (const asked of [
    'figure lock-cliff truthfulAnswers postgres-select-for-update concurrency=9',
    'figure lock-cliff nothing postgres-select-for-update',
    'figure nothing goodput postgres-naive',
    'faults nothing: redis-lua',
    'faults majority-forgets: redis-lua',
    'poem lock-cliff',
  ])
    expect(() => fill(asked), asked).toThrow()
  expect(() => filled('<!-- put answer lock-cliff --> without an end', fill)).toThrow('1 places begin')
})

it('what is not written as a lesson names its file', () => {
  const whole = textOf(lessons[3]?.file ?? '')
  const broken = [
    whole.replace('# 4. ', '# 5. '),
    whole.replace('## Run', '## Walk'),
    whole.replace(/^\*\*c\.\*\*/m, '**e.**'),
  ]
  for (const text of broken) expect(() => lessonIn('04-optimistic.md', text)).toThrow('04-optimistic.md: ')
  expect(lessonIn('04-optimistic.md', whole).parts.map(({ title }) => title)).toEqual([...PARTS])
})

it('is shown without marks, and no line of prose is longer than the terminal', () => {
  for (const { file, parts } of lessons) {
    const shown = parts
      .map(({ text }) => inTerminal(text, { paint: (_, text) => text, columns: 80 }))
      .join('\n')
    expect(shown, file).not.toMatch(/<!--|\*\*|\]\(|<picture/)
    const tooLong = shown.split('\n').filter((line) => line.length > 80 && !line.startsWith('    '))
    // A table of many columns is as wide as its narrowest columns allow.
    expect(
      tooLong.filter((line) => !/ {2}/.test(line.trim())),
      file,
    ).toEqual([])
  }
  expect(withoutComments('a\n<!-- put x -->\nb<!-- c -->\n')).toBe('a\nb\n')
})
