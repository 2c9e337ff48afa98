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

const WRITING = /strategies\/ledgers\/(writing\/.*|[^/]+\/write[^/]*\.ts)/

/** Paths from the root as this expression has them, or a package, or a module of Node. */
function orAPackage(paths: string): RegExp {
  return new RegExp(
    `^(${paths}|node:.*|@.*|(?!bin|cli|experiments|harness|k6|shop|strategies|test)[^./][^/]*)$`,
  )
}

const rules: readonly Rule[] = [
  { name: 'the contract imports nothing', from: /^strategies\/strategy\.ts$/, may: /^$/ },
  {
    name: 'what every strategy shares imports the contract only',
    from: /^strategies\/validation\.ts$/,
    may: /^strategies\/strategy\.ts$/,
  },
  {
    name: 'what a ledger is imports the contract only',
    from: /^strategies\/ledgers\/ledger\.ts$/,
    may: /^strategies\/strategy\.ts$/,
  },
  {
    name: 'a witness imports the contract, what a ledger and a store are, witnesses and packages: nothing that writes',
    from: /^strategies\/ledgers\/(witnessing\/|[^/]+\/witness)/,
    may: orAPackage(
      'strategies/(strategy\\.ts|ledgers/((ledger|stores)\\.ts|witnessing/.*|[^/]+/witness[^/]*\\.ts))',
    ),
  },
  {
    name: 'what writes a ledger imports the contract, what writes ledgers and packages: no witness',
    from: /^strategies\/ledgers\/(writing\/|[^/]+\/write)/,
    may: orAPackage(`${WRITING.source}|strategies/strategy\\.ts`),
  },
  {
    name: 'the ledgers know the contract and packages: no strategy, no harness',
    from: /^strategies\/ledgers\//,
    may: orAPackage('strategies/(strategy\\.ts|ledgers/.*)'),
  },
  {
    name: 'a strategy imports the contract, what writes ledgers and packages: no other strategy, no harness',
    from: aStrategy,
    may: orAPackage(`${WRITING.source}|strategies/strategy\\.ts`),
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
    name: 'a history imports the contract and what a ledger is; only its file format does I/O',
    from: /^harness\/history\//,
    except: /^harness\/history\/jsonl\.ts$/,
    may: /^(strategies\/(strategy|ledgers\/ledger)\.ts|harness\/history\/.*)$/,
  },
  {
    name: 'the audit knows what a ledger is, and shares no code with strategies',
    from: /^harness\/audit\//,
    may: /^(?!strategies\/(?!strategy\.ts|validation\.ts|ledgers\/ledger\.ts)|test|k6)/,
  },
  {
    name: 'the harness knows the contract and the registries, never one strategy or ledger, and no test',
    from: /^(harness|bin)\//,
    may: /^(strategies\/(strategy|registry|validation|ledgers\/(ledger|stores|registry))\.ts|(?!(strategies|test|k6)(\/|$)).*)$/,
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
