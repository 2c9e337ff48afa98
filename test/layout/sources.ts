/** The files that the rules of the layout are about. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SourceFile } from './imports.ts'

export const root = join(import.meta.dirname, '../..')

export const sources: readonly SourceFile[] = globSync(
  '{bin,cli,experiments,harness,k6,learn,shop,strategies}/**/*.{ts,js}',
  { cwd: root },
).map((path) => ({
  path: path.replaceAll('\\', '/'),
  text: readFileSync(join(root, path), 'utf8'),
}))
