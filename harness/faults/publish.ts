/**
 * `npm run faults:publish -- <results> …` writes the tables of docs/faults.md. Of cells that are in several
 * files, those of the last one count.
 */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { registry } from '../../strategies/registry.ts'
import { engineKinds } from '../engines/registry.ts'
import { readResults } from '../results/read.ts'
import { saveWhole } from '../save.ts'
import { DOCUMENT_BEGIN, DOCUMENT_END, faultTables } from './document.ts'
import { faultKinds } from './registry.ts'

const RESULTS = 'results/faults/faults.json'
const DOCUMENT = path.resolve(import.meta.dirname, '../../docs/faults.md')

const files = process.argv.slice(2)
const text = await readFile(DOCUMENT, 'utf8')
const [before, rest] = text.split(DOCUMENT_BEGIN)
const [, after] = (rest ?? '').split(DOCUMENT_END)
if (after === undefined) throw new Error(`${DOCUMENT} has no place for the tables`)
const runs = await Promise.all((files.length > 0 ? files : [RESULTS]).map(readResults))
const tables = faultTables(runs, faultKinds, registry, engineKinds)
await saveWhole(DOCUMENT, `${before}${DOCUMENT_BEGIN}\n${tables}\n${DOCUMENT_END}${after}`)
