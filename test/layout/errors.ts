/** `npm run errors`: writes `docs/ERRORS.md` from the table of codes. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CodedError, errorCodes } from '../../harness/error-codes.ts'
import { root, sources } from './sources.ts'

const FILE = join(root, 'docs/ERRORS.md')

export function errorsTold(): string {
  return readFileSync(FILE, 'utf8')
}

/** What the file says when it is current. */
export function errorsToTell(): string {
  const rows = Object.entries<CodedError>(errorCodes).map(
    ([code, { means, remedy }]) => `| \`${code}\` | ${means} | ${remedy} |`,
  )
  return `# Errors

A message of the command line ends with a code in brackets, and an error of the library has it as \`code\`. Codes do not change; the
words of a message may. Written by \`npm run errors\` from \`harness/error-codes.ts\`, which the tests enforce.

| code | what it means | what to do |
| --- | --- | --- |
${rows.join('\n')}
`
}

export interface ErrorClass {
  readonly name: string
  /** As the source has it: of an engine's error it depends on its problem. */
  readonly code: string | undefined
}

/** Every class of errors that these texts declare. */
export function errorClassesIn(texts: readonly string[]): readonly ErrorClass[] {
  return texts.flatMap((text) =>
    [
      ...text.matchAll(
        /^(?:export )?class (\w+) extends Error \{(.*?)^\}|^export class (\w+) extends Error \{\}/gms,
      ),
    ].map(([, name, body = '', empty = '']) => ({
      name: name ?? empty,
      code:
        /^ {2}readonly code = '([\w-]+)'$/m.exec(body)?.[1] ??
        /^ {2}get code\(\): `([^`]+)`/m.exec(body)?.[1],
    })),
  )
}

export const errorClasses = errorClassesIn(sources.map(({ text }) => text))

if (import.meta.main) writeFileSync(FILE, errorsToTell())
