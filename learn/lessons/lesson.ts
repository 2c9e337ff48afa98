/**
 * A lesson as it is written: Markdown with seven parts under fixed names, in which the choices of the
 * prediction are a list `- **a.** …`, and the right one begins what happened: `**c.** …`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

export const PARTS = [
  'Predict',
  'Run',
  'What happened, and why',
  'The answer, in ninety seconds',
  'Where it breaks',
  'Exercise',
] as const

const FILE = /^(\d\d)-[a-z-]+\.md$/
const CHOICE = /^- \*\*([a-d])\.\*\* (.+(?:\n {2}.+)*)/gm

interface Choice {
  /** `a` to `d`. */
  readonly letter: string
  readonly words: string
}

export interface Lesson {
  readonly number: number
  /** Without its folder. */
  readonly file: string
  /** The question in short, without its number. */
  readonly title: string
  /** As an interviewer asks it; Markdown. */
  readonly question: string
  readonly parts: readonly { readonly title: string; readonly text: string }[]
  readonly choices: readonly Choice[]
  /** The letter of the right choice. */
  readonly right: string
}

/** Throws a `SyntaxError` that names the file for one that is not written so. */
export function lessonIn(file: string, markdown: string): Lesson {
  const number = Number(FILE.exec(file)?.[1] ?? Number.NaN)
  const [head = '', ...rest] = markdown.split(/^## /m)
  const [, headed = '', title = ''] = /^# (\d+)\. (.+)$/m.exec(head) ?? []
  const parts = rest.map((part) => {
    const [name = '', ...lines] = part.split('\n')
    return { title: name.trim(), text: lines.join('\n').trim() }
  })
  const text = (name: (typeof PARTS)[number]): string => parts.find((part) => part.title === name)?.text ?? ''
  const choices = [...text('Predict').matchAll(CHOICE)].map(([, letter = '', words = '']) => ({
    letter,
    words: words.replaceAll(/\s+/g, ' '),
  }))
  const right = /^\*\*([a-d])\.\*\*/.exec(text('What happened, and why'))?.[1] ?? ''
  const names = parts.map((part) => part.title)
  if (Number(headed) !== number) throw new SyntaxError(`${file}: its heading begins with "# ${number}. "`)
  if (names.join() !== PARTS.join()) throw new SyntaxError(`${file}: its parts are ${PARTS.join('; ')}`)
  if (!choices.some(({ letter }) => letter === right))
    throw new SyntaxError(`${file}: what happened begins with the letter of one of the choices`)
  return { number, file, title, question: head.replace(/^# .+$/m, '').trim(), parts, choices, right }
}

/** Every lesson of a folder, in order; what is no lesson is left out. */
export function lessonsOf(folder: string): readonly Lesson[] {
  return readdirSync(folder)
    .filter((file) => FILE.test(file))
    .sort()
    .map((file) => lessonIn(file, readFileSync(path.join(folder, file), 'utf8')))
}
