/** The direction of imports, as a function of files: which import breaks which rule. */
import { posix } from 'node:path'

export interface SourceFile {
  /** From the root of the checkout, with forward slashes. */
  readonly path: string
  readonly text: string
}

interface Rule {
  readonly name: string
  /** The files it is about. */
  readonly from: RegExp
  /** Files of those that it is not about. */
  readonly except?: RegExp
  /** What they may import: paths from the root, or package names. */
  readonly may: RegExp
}

const aStrategy = /^strategies\/(?!strategy\.ts|registry\.ts|validation\.ts)[^/]+\.ts$/

const rules: readonly Rule[] = [
  { name: 'the contract imports nothing', from: /^strategies\/strategy\.ts$/, may: /^$/ },
  {
    name: 'what every strategy shares imports the contract only',
    from: /^strategies\/validation\.ts$/,
    may: /^strategies\/strategy\.ts$/,
  },
  {
    name: 'a backend imports the contract, backends and packages',
    from: /^strategies\/backends\//,
    may: /^(strategies\/(strategy\.ts|backends\/.*)|[^./]*|@.*)$/,
  },
  {
    name: 'a strategy imports the contract, backends and packages: no other strategy, no harness',
    from: aStrategy,
    may: /^(strategies\/(strategy\.ts|backends\/.*)|node:.*|(?!harness|strategies|test|k6)[^/]+)$/,
  },
  {
    name: 'the registry imports strategies, not the harness',
    from: /^strategies\/registry\.ts$/,
    may: /^strategies\//,
  },
  {
    name: 'the checker imports the contract and the history’s types, and does no I/O',
    from: /^harness\/checker\//,
    may: /^(strategies\/strategy\.ts|harness\/checker\/.*|harness\/history\/record\.ts)$/,
  },
  {
    name: 'a history imports the contract; only its file format does I/O',
    from: /^harness\/history\//,
    except: /^harness\/history\/jsonl\.ts$/,
    may: /^(strategies\/strategy\.ts|harness\/history\/.*)$/,
  },
  {
    name: 'the audit shares no code with the strategies',
    from: /^harness\/audit\//,
    may: /^(?!strategies\/(?!strategy\.ts|registry\.ts|validation\.ts)|test|k6)/,
  },
  {
    name: 'the harness knows the contract and the registry, never one strategy, no command and no test',
    from: /^harness\//,
    may: /^(strategies\/(strategy|registry|validation)\.ts|strategies\/backends\/.*|(?!(strategies|cli|bin|test|k6)(\/|$)).*)$/,
  },
  {
    name: 'the commands know the contract, the registry and the harness, never one strategy, and no test',
    from: /^(cli|bin)\//,
    may: /^(strategies\/(strategy|registry|validation)\.ts|(?!(strategies|test|k6)(\/|$)).*)$/,
  },
  { name: 'k6 imports only its own files', from: /^k6\//, may: /^k6(\/|$)/ },
]

const IMPORTS =
  /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/g

/** One sentence per import that breaks a rule. */
export function brokenRules(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap(({ path, text }) =>
    importsOf(path, text).flatMap((imported) =>
      rules
        .filter(
          ({ from, except, may }) => from.test(path) && except?.test(path) !== true && !may.test(imported),
        )
        .map(({ name }) => `${path} imports ${imported}: ${name}`),
    ),
  )
}

function importsOf(path: string, text: string): readonly string[] {
  return [...text.matchAll(IMPORTS)].map((match) => {
    const specifier = match[1] ?? match[2] ?? ''
    return specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : specifier
  })
}
