/** An exercise that begins with nothing: the file of its ledger, under its own task. */
import { wrapped } from '../lessons/terminal.ts'
import type { Exercise } from './exercise.ts'

const COLUMNS_MAX = 110
/** What stands over the file of a ledger, for those who read it there. */
const HEAD = /^\/\*\*[\s\S]*?\*\/\n/

/** The first lines say what is asked. `ground`: the text of the file that it begins with. */
export function emptyStrategy({ number, empty }: Exercise, ground: string): string {
  const head = [
    `Exercise ${number}, from nothing: signatures and comments. Each method says that it is not written yet.`,
    `Your task: ${empty.task}`,
  ]
  const lines = head.map((text) => wrapped(text, COLUMNS_MAX, ' * '))
  return ground.replace(HEAD, () => `/**\n${lines.join('\n *\n')}\n */\n`)
}
