/**
 * Nothing asks for an engine by its name: what an engine can or cannot do is a capability of its value
 * (harness/engines/engine.ts). So an engine is one folder and one line of the registry.
 */
import { engineKinds } from '../../harness/engines/registry.ts'
import type { SourceFile } from './imports.ts'

interface Exception {
  readonly path: string
  readonly reason: string
}

export const EXCEPTIONS: readonly Exception[] = [
  {
    path: 'harness/testing/bodies/body.ts',
    reason: 'it gives what engines lend to a test body the types of the libraries that readers use',
  },
  { path: 'harness/engines/registry.ts', reason: 'it is the list of them, one line each' },
  {
    path: 'harness/engines/local/cache-home.ts',
    reason: 'postgres is an account of the operating system there, which images and packages create',
  },
  {
    path: 'harness/engines/containers/watchdog.ts',
    reason: 'an EngineError names an engine, and a watchdog has no engine: any name will do',
  },
  {
    path: 'shop/stores/levels.ts',
    reason: 'a level of the shop is defined by which engine keeps its sessions and its orders',
  },
  {
    path: 'shop/waiting-room/stores/room-stores.ts',
    reason: 'it is the list of the engines that may keep a waiting room, one line each',
  },
  {
    path: 'harness/benchmarks/batching.ts',
    reason:
      'it compares a strategy with what its engine reaches by itself, which only that engine can measure',
  },
  {
    path: 'harness/benchmarks/limits/redis.ts',
    reason: 'it compares strategies with bare commands and scripts of their engine',
  },
  {
    path: 'harness/benchmarks/limits/limits.ts',
    reason: 'it compares strategies on one engine with what that engine’s own client reaches by itself',
  },
  ...['limits', 'on-postgres', 'own-benchmark'].map((name) => ({
    path: `harness/benchmarks/batching/${name}.ts`,
    reason: 'it measures what one engine reaches by itself, or its client alone, beside a strategy on it',
  })),
  {
    path: 'harness/benchmarks/ratios/ratios.ts',
    reason: 'its ratios are of strategies and what their own engine reaches by itself',
  },
  {
    path: 'harness/benchmarks/ratios/full-batches.ts',
    reason: 'it compares batches with full ones, sent by the client of one engine',
  },
  {
    path: 'harness/benchmarks/limits/same-statements.ts',
    reason: 'it compares strategies on one engine with what that engine’s own client reaches by itself',
  },
]

const ROOMS = ['harness/', 'cli/', 'experiments/', 'shop/']
/** Techniques, as those in `strategies/` are. */
const VARIANTS = 'experiments/variants/'
const NAMES = engineKinds.map(({ name }) => name)
const ANY = `(?:${NAMES.join('|')})`
const BY_NAME = new RegExp(
  [
    // A literal, a property, a key, and what is taken out of an object.
    `(?<quote>['"\`])${ANY}\\k<quote>`,
    `\\.${ANY}\\b(?!\\.ts)`,
    `\\b${ANY}\\??:`,
    `[{,]\\s*${ANY}\\s*[,}]`,
    // A file in its folder.
    `engines/${ANY}/`,
  ].join('|'),
)

/** One sentence for each line that asks for an engine by its name. */
export function enginesByName(files: readonly SourceFile[]): readonly string[] {
  return files
    .filter(({ path }) => ROOMS.some((room) => path.startsWith(room)) && !isOwnFolder(path))
    .filter(({ path }) => !path.startsWith(VARIANTS))
    .filter(({ path }) => !EXCEPTIONS.some((exception) => exception.path === path))
    .flatMap(({ path, text }) =>
      withoutComments(text)
        .split('\n')
        .flatMap((line, at) =>
          BY_NAME.test(line) ? [`${path}:${at + 1} names an engine: ${line.trim()}`] : [],
        ),
    )
}

function isOwnFolder(path: string): boolean {
  return NAMES.some((name) => path.startsWith(`harness/engines/${name}/`))
}

/** Comments become empty lines, so that lines keep their numbers. */
function withoutComments(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ''))
    .replace(/(^|\s)\/\/ .*$/gm, '$1')
}
