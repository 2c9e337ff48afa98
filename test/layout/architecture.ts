/**
 * `npm run layout`: writes the rules that the layout is tested by into `docs/ARCHITECTURE.md`, between two markers. Only rooms that
 * have files are written of.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { roomOf } from './imports.ts'
import { type Room, rooms } from './rooms.ts'
import { root, sources } from './sources.ts'

const FILE = join(root, 'docs/ARCHITECTURE.md')
const SECTION = /(?<=<!-- rooms -->\n)[\s\S]*?(?=<!-- \/rooms -->)/

export function architecture(): string {
  return readFileSync(FILE, 'utf8')
}

/** The same text with the section as the rules have it now. */
export function withRooms(text: string): string {
  if (!SECTION.test(text)) throw new Error('docs/ARCHITECTURE.md has lost the markers of its rooms')
  return text.replace(SECTION, section())
}

function section(): string {
  const inhabited = new Set(sources.map(({ path }) => roomOf(path)))
  const rows = rooms.filter((room) => inhabited.has(room)).map(rowOf)
  return `Each folder ("room") may import its own files and what is listed. Rooms may import only rooms above them in this table. \`test/\` sees all of them. Written by \`npm run layout\` from \`test/layout/rooms.ts\`, which the tests enforce.

| room | what is in it | may import | of packages and Node |
| --- | --- | --- | --- |
${rows.join('\n')}
`
}

function rowOf({ paths, about, knows, outside, apart }: Room): string {
  const own = apart ? ['not each other'] : []
  const known = [...own, ...existing(knows).map(asCode)].join(', ')
  const beyond = outside === undefined ? 'anything' : outside.map(asCode).join(', ')
  return `| ${existing(paths).map(asCode).join(', ')} | ${about} | ${known || 'nothing'} | ${beyond || 'nothing'} |`
}

/** A path without files is a rule for what may come. */
function existing(paths: readonly string[]): readonly string[] {
  return paths.filter((path) => {
    const start = path.replace(/\*.*$/, '')
    return sources.some((source) => source.path.startsWith(start))
  })
}

function asCode(text: string): string {
  return `\`${text}\``
}

if (import.meta.main) writeFileSync(FILE, withRooms(architecture()))
