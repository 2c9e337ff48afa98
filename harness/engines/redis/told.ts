/**
 * Commands and answers of Redis as a reader sees them, and the shape that identifies a command in another
 * run.
 */
import { createHash } from 'node:crypto'
import type { ScriptNames } from '../engine.ts'
import { errorOf, plain } from '../wording.ts'

export interface Command {
  readonly name: string
  /** Without the namespace's prefix. */
  readonly args: readonly string[]
  /** The arguments that are keys. */
  readonly keys: readonly string[]
}

/** Words that are options of a command, not values. */
const OPTION = /^[A-Z]{2,8}$/
/** Commands whose first argument after the key names a part of it. */
const WITH_FIELDS = /^(h|s|z)(set|setnx|get|del|exists|incrby|incrbyfloat|add|rem|ismember|score)$/

type NamedScript = ReturnType<ScriptNames>

/** What is known of the script that a command runs, if it runs one. */
export function scriptOf({ name, args: [first = ''] }: Command, names: ScriptNames | undefined): NamedScript {
  if (names === undefined || !isScript(name)) return undefined
  return names(/^evalsha/i.test(name) ? first : createHash('sha1').update(first).digest('hex'))
}

/**
 * A script's text is too long for one line: it is shown by its name and its keys, or, if it has no name, by
 * its keys and arguments.
 */
export function textOf({ name, args, keys }: Command, script?: NamedScript): string {
  if (script !== undefined) return plain(`script “${script.name}” ${keys.join(' ')}`.trim())
  const [first = '', ...rest] = args
  const words = isScript(name) ? ['script', ...rest.slice(1)] : [name.toUpperCase(), first, ...rest]
  return plain(words.join(' ').replaceAll(/\s+/g, ' ').trim())
}

/** The same command on the same keys. */
export function shapeOf({ name, args, keys }: Command): string {
  const fields = WITH_FIELDS.test(name.toLowerCase()) ? args.slice(1, 2) : []
  const words = (isScript(name) ? args.slice(1) : args).map((argument) =>
    keys.includes(argument) || fields.includes(argument) || OPTION.test(argument) ? argument : '?',
  )
  return plain([isScript(name) ? 'script' : name.toUpperCase(), ...words].join(' '))
}

/** A refused lock request would also be refused with another token. */
export function questionOf(command: Command): string {
  const isLock =
    command.name.toLowerCase() === 'setnx' ||
    (command.name.toLowerCase() === 'set' && command.args.some((argument) => /^nx$/i.test(argument)))
  return isLock ? shapeOf(command) : textOf(command)
}

function isScript(name: string): boolean {
  return /^(eval|evalsha)(_ro)?$/i.test(name)
}

function saidBy(answer: unknown): string {
  if (answer instanceof Error) return errorOf(answer)
  if (answer === null) return 'nil'
  if (Array.isArray(answer)) return plain(answer.map((each) => told(each)).join(' '))
  return told(answer)
}

/** The number that a script answers may have a name. */
export function saidByScript(answer: unknown, script: NamedScript): string {
  return script?.number !== undefined && typeof answer === 'number'
    ? `${script.number} ${answer}`
    : saidBy(answer)
}

/** Times differ in every run and are left out. */
function told(value: unknown): string {
  const text = plain(String(value))
  return /^\d{13,}$/.test(text) ? 'a deadline' : text
}
