/**
 * The script of the page, from its sources: each file becomes a function that has the names it imports and
 * returns those it exports. A page that is one file cannot load modules, and nothing has to be built first.
 */
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import path from 'node:path'

const SOURCES = path.join(import.meta.dirname, 'page')
const ENTRY = path.join(SOURCES, 'dom/main.ts')

const IMPORT = /^import (type )?\{([^}]*)\} from '(\.[^']+)'$/gm
const EXPORTED = /^export (?:async )?(?:function|class|const|let) (\w+)/gm
const EXPORT = /^export (?=(?:async )?(?:function|class|const|let|interface|type)\b)/gm

/** One script. Throws for a source in another form than those of the page have. */
export function pageScript(): string {
  const done = new Set<string>()
  const parts: string[] = []
  const add = (file: string): void => {
    if (done.has(file)) return
    done.add(file)
    const text = readFileSync(file, 'utf8')
    const taken: string[] = []
    for (const [, isType, names = '', from = ''] of text.matchAll(IMPORT)) {
      const values = isType === undefined ? valuesIn(names) : []
      if (values.length === 0) continue
      const imported = path.resolve(path.dirname(file), from)
      add(imported)
      taken.push(`const { ${values.join(', ')} } = modules[${JSON.stringify(nameOf(imported))}]`)
    }
    parts.push(moduleOf(file, text, taken))
  }
  add(ENTRY)
  return `(() => {\n'use strict'\nconst modules = {}\n${parts.join('\n')}\n})()\n`
}

function moduleOf(file: string, text: string, taken: readonly string[]): string {
  const exported = [...text.matchAll(EXPORTED)].map(([, name]) => name)
  const code = stripped(text.replaceAll(IMPORT, '').replaceAll(EXPORT, ''))
  if (/^(?:import|export)\b/m.test(code)) throw new Error(`${file} imports or exports in another form`)
  return `modules[${JSON.stringify(nameOf(file))}] = (() => {\n${taken.join('\n')}\n${code}\nreturn { ${exported.join(', ')} }\n})()`
}

function nameOf(file: string): string {
  return path.relative(SOURCES, file)
}

/** Of an import's names those that are no types. */
function valuesIn(names: string): readonly string[] {
  return names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type '))
}

/** Without types, comments of whole lines and indentation. */
function stripped(text: string): string {
  const code = withoutWarning(() => stripTypeScriptTypes(text))
  return code
    .replaceAll(/^\s*\/\*\*[\s\S]*?\*\/\s*$/gm, '')
    .replaceAll(/^\s*\/\/.*$/gm, '')
    .replaceAll(/^\s+/gm, '')
    .replaceAll(/[ \t]+$/gm, '')
}

/** It is the same as what Node does to every source, but says that its interface may change. */
function withoutWarning<Result>(work: () => Result): Result {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return work()
  } finally {
    process.emitWarning = emitWarning
  }
}
