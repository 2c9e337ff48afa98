/** The direction of imports, as a function of files: which import breaks the rules of which room. */
import { posix } from 'node:path'
import { type Room, rooms } from './rooms.ts'

export interface SourceFile {
  /** From the root of the checkout, with forward slashes. */
  readonly path: string
  readonly text: string
}

const IMPORTS =
  /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/g

/** One sentence per import that breaks a rule, and per file that belongs nowhere. */
export function brokenRules(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap(({ path, text }) => {
    const room = roomOf(path)
    if (room === undefined) return [`${path} is in no room`]
    return importsOf(path, text)
      .filter(({ name, isFile }) => !(isFile ? mayImportFile(room, name) : mayImportPackage(room, name)))
      .map(({ name }) => `${path} imports ${name}, but ${room.paths[0]} may not`)
  })
}

/** One sentence per room that may import one which is not below it: with none, no two rooms can know each other. */
export function outOfOrder(all: readonly Room[]): readonly string[] {
  return all.flatMap((room, at) =>
    room.knows.flatMap((known) => {
      const above = all.slice(at + 1).find((other) => isReached(other, known))
      return above === undefined
        ? []
        : [`${room.paths[0]} may import ${known}, but ${above.paths[0]} is above it`]
    }),
  )
}

/** Whether a file that `known` allows can be in this room. */
function isReached(room: Room, known: string): boolean {
  const some = known.replaceAll('*', 'any').replace(/\/$/, '/any')
  return roomOf(some) === room || room.paths.some((path) => fits(path, known))
}

/** The one with the longest path that fits. */
export function roomOf(file: string): Room | undefined {
  let found: { readonly room: Room; readonly length: number } | undefined
  for (const room of rooms) {
    for (const path of room.paths) {
      if (fits(file, path) && path.length > (found?.length ?? 0)) found = { room, length: path.length }
    }
  }
  return found?.room
}

function mayImportFile(room: Room, file: string): boolean {
  if (roomOf(file) === room && room.apart !== true) return true
  return room.knows.some((known) => fits(file, known))
}

function mayImportPackage({ outside }: Room, name: string): boolean {
  return outside === undefined || outside.some((each) => fits(name, each))
}

/** `*` in a pattern is one name; a slash at its end is a folder. */
function fits(path: string, pattern: string): boolean {
  const escaped = pattern.replaceAll('.', '\\.').replaceAll('*', '[^/]+')
  return new RegExp(`^${escaped}${pattern.endsWith('/') ? '' : '$'}`).test(path)
}

function importsOf(
  path: string,
  text: string,
): readonly { readonly name: string; readonly isFile: boolean }[] {
  return [...text.matchAll(IMPORTS)].map((match) => {
    const specifier = match[1] ?? match[2] ?? ''
    const isFile = specifier.startsWith('.')
    return { name: isFile ? posix.join(posix.dirname(path), specifier) : specifier, isFile }
  })
}
