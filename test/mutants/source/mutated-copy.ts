/**
 * A copy of `strategies/` with one mutant's change in it, and the mutated strategy loaded from there. The copy lies in the checkout,
 * below the ignored `results/`: packages are found from there, and Node strips types of no file below `node_modules/`.
 */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { StrategyEntry } from '../../../strategies/registry.ts'
import type { SourceMutant } from './source-mutant.ts'

const root = join(import.meta.dirname, '../../..')

/** The contract of the copy is the original's: an error of the copy is then of the class that a judge knows. */
const CONTRACT = "export * from '../../../strategies/strategy.ts'\n"

/** The text with the change in it. Throws where `from` is not there, or several times: the table then follows the source no more. */
export function mutated(text: string, { name, file, from, to }: SourceMutant): string {
  const [before, after, ...more] = text.split(from)
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(
      `${name}: ${file} must have its text exactly once, not ${text.split(from).length - 1} times`,
    )
  }
  if (from === to) throw new Error(`${name} changes nothing`)
  return `${before}${to}${after}`
}

export async function sourceOf(file: string): Promise<string> {
  return await readFile(join(root, 'strategies', file), 'utf8')
}

/** Lets `use` have the mutated strategy, of a copy that is removed afterwards. Without a change it is the original's copy. */
export async function withMutatedCopy<T>(
  strategy: string,
  mutant: SourceMutant | undefined,
  use: (entry: StrategyEntry) => Promise<T>,
): Promise<T> {
  const results = join(root, 'results')
  await mkdir(results, { recursive: true })
  const folder = await mkdtemp(join(results, 'mutant-'))
  try {
    const copy = join(folder, 'strategies')
    await cp(join(root, 'strategies'), copy, { recursive: true })
    await writeFile(join(copy, 'strategy.ts'), CONTRACT)
    if (mutant !== undefined) {
      await writeFile(join(copy, mutant.file), mutated(await sourceOf(mutant.file), mutant))
    }
    return await use(await entryIn(copy, strategy))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function entryIn(copy: string, strategy: string): Promise<StrategyEntry> {
  const { registry } = (await import(pathToFileURL(join(copy, 'registry.ts')).href)) as {
    readonly registry: readonly StrategyEntry[]
  }
  const entry = registry.find(({ name }) => name === strategy)
  if (entry === undefined) throw new Error(`no strategy is called ${strategy}`)
  return entry
}
