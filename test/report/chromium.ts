/** Where a real browser is: Debian's Chromium, or the one that CHROMIUM_BIN names. */
import { accessSync, constants } from 'node:fs'
import path from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** The program, or undefined where there is none. */
export function chromiumProgram(): string | undefined {
  const named = process.env.CHROMIUM_BIN
  // A browser that is named must be used: a wrong name is not skipped.
  if (named !== undefined && named !== '') return named
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/bin']
  return folders.flatMap((folder) => NAMES.map((name) => path.join(folder, name))).find(isProgram)
}

export const CHROMIUM_REMEDY = 'To fix it: apt-get install chromium, or CHROMIUM_BIN=/path/to/one'

/** One line for the end of a test run: what looked at the page, or what would fix that nobody did. */
export function browserLine(): string {
  const program = chromiumProgram()
  if (program !== undefined) return `browser: proven on ${program}`
  return `browser: NOT PROVEN: no Chromium was found. ${CHROMIUM_REMEDY}`
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
