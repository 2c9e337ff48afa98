/** What is rendered from the published table of faults: the document, the page and the picture. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { registry } from '../../strategies/registry.ts'
import { engineKinds } from '../engines/registry.ts'
import { faultsPicture } from '../report/charts/faults-picture.ts'
import { gridOf } from '../report/fault-grid.ts'
import { faultsPage } from '../report/page/faults-page.ts'
import type { Results } from '../results/results.ts'
import { faultTables, withTables } from './document.ts'
import { frameOf } from './frame.ts'
import { faultKinds } from './registry.ts'

const DOCS = path.resolve(import.meta.dirname, '../../docs')

/** Files with their whole text; a test compares them with what is there. */
export async function renderedFaults(
  results: Results,
): Promise<readonly { readonly file: string; readonly text: string }[]> {
  const document = path.join(DOCS, 'faults.md')
  const frame = frameOf(faultKinds, registry, engineKinds)
  const tables = faultTables(results, faultKinds, registry, engineKinds)
  return [
    { file: document, text: withTables(await readFile(document, 'utf8'), tables) },
    { file: path.join(DOCS, 'results/faults.html'), text: faultsPage(results, frame) },
    {
      file: path.join(DOCS, 'results/faults.svg'),
      text: faultsPicture(gridOf(results.faults ?? [], frame)),
    },
  ]
}
