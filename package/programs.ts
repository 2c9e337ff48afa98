/** What the package is made of: its faces, the programs that it starts by path, and where they are in the clone. */

/** What is imported: `exports` of the package, and the source of each. */
export const FACES: Readonly<Record<string, { readonly name: string; readonly source: string }>> = {
  '.': { name: 'index', source: './harness/index.ts' },
  './strategy': { name: 'strategy', source: './strategies/strategy.ts' },
  './postgres': { name: 'postgres', source: './strategies/ledgers/counter-rows/write.ts' },
  './postgres/unit-rows': { name: 'postgres-unit-rows', source: './strategies/ledgers/unit-rows/write.ts' },
  './redis': { name: 'redis', source: './strategies/ledgers/lua-record/write.ts' },
  './testing': { name: 'testing', source: './harness/testing/index.ts' },
  './jest': { name: 'jest', source: './harness/jest/index.ts' },
  './node-test': { name: 'node-test', source: './harness/node-test/index.ts' },
  './vitest': { name: 'vitest', source: './harness/vitest/index.ts' },
  './tigerbeetle': { name: 'tigerbeetle', source: './strategies/ledgers/transfers/write.ts' },
}

/** What its own test runner alone imports, as ES modules. */
export const OF_ESM_RUNNERS: readonly string[] = ['./node-test', './vitest']

/** Files that are started, not imported: each stays a file of its own, under this name. */
export const PROGRAMS: Readonly<Record<string, string>> = {
  main: './cli/main.ts',
  client: './harness/processes/client.ts',
  player: './harness/processes/player.ts',
  repeater: './harness/processes/repeater.ts',
  watchdog: './harness/engines/containers/watchdog.ts',
  thread: './harness/network/thread.ts',
  job: './harness/faults/job.ts',
  worker: './harness/service/workers/worker.ts',
  shopkeeper: './shop/process/shopkeeper.ts',
  'loops-thread': './cli/learn/loops-thread.ts',
  'service-gate': './shop/waiting-room/service-gate.ts',
}

/** What is bundled, since of its six megabytes a twentieth is used. All other packages are installed. */
export const BUNDLED = 'typebox'

/**
 * Which Node runs the package. Before 22.18 a strategy in a TypeScript file cannot be loaded as it stands; under 24.0 a
 * service with workers did not end, and 23 had its own end long ago.
 */
export const NODE_RANGE = '^22.18.0 || >=24.5.0'
