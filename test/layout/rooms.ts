/** The rooms of the project, from the bottom up: what each is for, and what it may import. Everything else is not allowed. */

export interface Room {
  /** Files, and folders with a slash at the end, from the root of the checkout; `*` is one name. The longest that fits decides. */
  readonly paths: readonly string[]
  readonly about: string
  /** What it may import beside its own files: paths of rooms further down, or of files or folders in them. */
  readonly knows: readonly string[]
  /** Packages and modules of Node that it may import; all of them where absent. */
  readonly outside?: readonly string[]
  /** Its files may not import each other: each can be read by itself. */
  readonly apart?: true
}

const CONTRACT = 'strategies/strategy.ts'
const VALIDATION = 'strategies/validation.ts'
const REGISTRY = 'strategies/registry.ts'
const LEDGER = 'strategies/ledgers/ledger.ts'
const STORES = 'strategies/ledgers/stores.ts'
const LEDGERS = 'strategies/ledgers/registry.ts'
/** The contract and the registry: all that the upper rooms know of strategies. */
const STRATEGIES = [CONTRACT, VALIDATION, REGISTRY]
const NOTHING: readonly string[] = []

export const rooms: readonly Room[] = [
  { paths: [CONTRACT], about: 'the contract: prose and types', knows: [], outside: NOTHING },
  {
    paths: [VALIDATION],
    about: 'the checks that every request passes, whichever strategy answers it',
    knows: [CONTRACT],
    outside: NOTHING,
  },
  {
    paths: [LEDGER],
    about: 'the interfaces of a ledger and its witness: prose and types',
    knows: [CONTRACT],
    outside: NOTHING,
  },
  {
    paths: [STORES],
    about: 'what each engine gives a witness: raw access to one namespace',
    knows: [LEDGER],
  },
  {
    paths: [
      'strategies/ledgers/witnessing/',
      'strategies/ledgers/*/witness.ts',
      'strategies/ledgers/*/witness-*.ts',
    ],
    about: 'raw reads of a ledger, which share no code with the writing side',
    knows: [CONTRACT, LEDGER, STORES],
  },
  {
    paths: ['strategies/ledgers/writing/', 'strategies/ledgers/*/write.ts'],
    about: 'what strategies share: writing a ledger',
    knows: [CONTRACT],
  },
  {
    paths: [LEDGERS],
    about: 'every ledger by name, and how to load its witness',
    knows: [CONTRACT, LEDGER, 'strategies/ledgers/*/witness.ts'],
    outside: NOTHING,
  },
  {
    paths: ['strategies/*'],
    about: 'how to reserve, one technique per file; no imports of other strategies or of the harness',
    knows: [CONTRACT, 'strategies/ledgers/writing/', 'strategies/ledgers/*/write.ts'],
    apart: true,
  },
  {
    paths: [REGISTRY],
    about: 'every strategy by name: its engines, ledger and promises, and how to open it',
    knows: [CONTRACT, VALIDATION, LEDGER, LEDGERS, 'strategies/ledgers/writing/', 'strategies/*'],
    outside: NOTHING,
  },
  {
    paths: [
      'harness/clock.ts',
      'harness/folders.ts',
      'harness/save.ts',
      'harness/errors.ts',
      'harness/within.ts',
      'harness/error-codes.ts',
      'harness/optional-packages.ts',
      'harness/node-version.ts',
      'harness/telemetry.ts',
    ],
    about:
      'the monotonic clock, deadlines, folders and files, one-line errors and their codes, optional packages, OpenTelemetry',
    knows: [],
  },
  {
    paths: ['harness/history/'],
    about: 'the recorded operations',
    knows: [CONTRACT, LEDGER],
    outside: NOTHING,
  },
  {
    paths: ['harness/history/jsonl.ts', 'harness/history/line-buffer.ts'],
    about: 'histories as files: the only part of history/ that does I/O',
    knows: [CONTRACT, 'harness/history/'],
  },
  {
    paths: ['harness/checker/'],
    about: 'turns a history into a verdict; no I/O, no strategies',
    knows: [
      CONTRACT,
      'harness/history/record.ts',
      'harness/history/record-checker.ts',
      'harness/history/fields.ts',
    ],
    outside: NOTHING,
  },
  {
    paths: ['harness/workloads/'],
    about: 'seeded scenarios (who wants what, and when), and the driver that runs them',
    knows: [CONTRACT, VALIDATION, 'harness/clock.ts', 'harness/errors.ts', 'harness/history/'],
    outside: ['node:crypto'],
  },
  {
    paths: ['harness/results/'],
    about: 'the schema of results, which every table and chart is rendered from',
    knows: [
      CONTRACT,
      'harness/errors.ts',
      'harness/folders.ts',
      'harness/save.ts',
      'harness/history/record.ts',
      'harness/checker/',
    ],
  },
  {
    paths: ['harness/network/'],
    about: 'what may happen between a strategy and its engines: proxies with latency, bandwidth and faults',
    knows: ['harness/within.ts', 'harness/errors.ts'],
    outside: ['node:events', 'node:net', 'node:worker_threads'],
  },
  {
    paths: ['harness/engines/'],
    about: 'everything about each engine, one folder each: discovery, start, namespaces, connections, gates',
    knows: [
      'harness/within.ts',
      'harness/optional-packages.ts',
      'harness/telemetry.ts',
      CONTRACT,
      STORES,
      'harness/clock.ts',
      'harness/folders.ts',
      'harness/errors.ts',
      'harness/results/',
      'harness/network/conditions.ts',
    ],
  },
  {
    paths: ['harness/audit/'],
    about:
      'the same whatever the ledger: its witness read at rest, what was left open, a probe of what is left',
    knows: [
      'harness/within.ts',
      CONTRACT,
      VALIDATION,
      LEDGER,
      'harness/clock.ts',
      'harness/errors.ts',
      'harness/history/',
      'harness/workloads/',
    ],
  },
  {
    paths: ['harness/entries/'],
    about: 'finds a strategy by its name, in a file, or as an object',
    knows: [...STRATEGIES, LEDGER, LEDGERS],
  },
  {
    paths: ['harness/ground/'],
    about:
      'what a strategy stands on: tables and keys of its own on the engines, for this process or another',
    knows: [
      ...STRATEGIES,
      LEDGER,
      'harness/clock.ts',
      'harness/errors.ts',
      'harness/history/',
      'harness/results/',
      'harness/network/',
      'harness/engines/',
    ],
  },
  {
    paths: ['harness/conformance/'],
    about: 'the suite that every strategy passes: cases, runner, report',
    knows: [
      ...STRATEGIES,
      LEDGER,
      'harness/clock.ts',
      'harness/errors.ts',
      'harness/engines/',
      'harness/ground/',
    ],
  },
  {
    paths: ['harness/performance/'],
    about: 'one run of a workload: warm-up, workers, samples, figures',
    knows: [
      CONTRACT,
      'harness/history/',
      'harness/workloads/',
      'harness/results/',
      'harness/engines/engine.ts',
      'harness/ground/',
    ],
  },
  {
    paths: ['harness/processes/'],
    about: 'several processes that run one plan and record one history',
    knows: [
      'harness/within.ts',
      CONTRACT,
      REGISTRY,
      'harness/clock.ts',
      'harness/errors.ts',
      'harness/history/',
      'harness/workloads/',
      'harness/results/',
      'harness/engines/',
      'harness/entries/',
      'harness/ground/',
      'harness/performance/',
    ],
  },
  {
    paths: ['harness/trial/'],
    about: 'one trial: run the workload, audit, verdict',
    knows: [
      ...STRATEGIES,
      'harness/clock.ts',
      'harness/errors.ts',
      'harness/history/',
      'harness/checker/',
      'harness/workloads/',
      'harness/network/conditions.ts',
      'harness/results/',
      'harness/engines/',
      'harness/audit/',
      'harness/entries/',
      'harness/ground/',
      'harness/performance/',
      'harness/processes/',
    ],
  },
  {
    paths: ['harness/report/'],
    about: 'renders results: tables, charts, one self-contained page',
    knows: [
      'harness/engines/registry.ts',
      CONTRACT,
      'harness/folders.ts',
      'harness/save.ts',
      'harness/errors.ts',
      'harness/checker/',
      'harness/workloads/',
      'harness/results/',
    ],
  },
  {
    paths: ['harness/compare/'],
    about: 'a whole comparison: plan, rounds, control',
    knows: [
      ...STRATEGIES,
      'harness/errors.ts',
      'harness/error-codes.ts',
      'harness/history/',
      'harness/workloads/',
      'harness/results/',
      'harness/engines/',
      'harness/entries/',
      'harness/report/',
    ],
  },
  {
    paths: ['harness/explore/'],
    about: 'every interleaving of a few clients on the real engine; replay and diagrams',
    knows: [
      'harness/within.ts',
      ...STRATEGIES,
      LEDGER,
      'harness/clock.ts',
      'harness/save.ts',
      'harness/errors.ts',
      'harness/history/',
      'harness/checker/',
      'harness/workloads/',
      'harness/results/',
      'harness/engines/',
      'harness/audit/',
      'harness/entries/',
      'harness/ground/',
      'harness/report/',
    ],
  },
  {
    paths: ['harness/faults/'],
    about: 'faults, one file each: predicted, inflicted on real engines under load, judged',
    knows: [
      ...STRATEGIES,
      'harness/within.ts',
      'harness/clock.ts',
      'harness/save.ts',
      'harness/errors.ts',
      'harness/history/',
      'harness/checker/verdict.ts',
      'harness/workloads/',
      'harness/network/',
      'harness/results/',
      'harness/engines/',
      'harness/entries/',
      'harness/ground/',
      'harness/report/',
      'harness/processes/',
      'harness/trial/',
      'harness/compare/',
    ],
  },
  {
    paths: ['harness/service/'],
    about: 'the HTTP API over any strategy, for k6 and browsers',
    knows: [
      ...STRATEGIES,
      LEDGER,
      'harness/telemetry.ts',
      'harness/clock.ts',
      'harness/errors.ts',
      'harness/results/',
      'harness/network/conditions.ts',
      'harness/engines/',
      'harness/entries/',
      'harness/ground/',
    ],
  },
  {
    paths: ['harness/load/'],
    about: 'finds and runs k6, turns its measurements into results and its buyers’ operations into a history',
    knows: [
      ...STRATEGIES,
      'harness/clock.ts',
      'harness/errors.ts',
      'harness/history/',
      'harness/checker/',
      'harness/results/',
      'harness/engines/',
      'harness/audit/',
      'harness/entries/',
      'harness/ground/',
      'harness/report/',
      'harness/service/',
      'harness/trial/',
    ],
  },
  {
    paths: ['harness/live/'],
    about: 'the live page of a running comparison',
    knows: [
      'harness/errors.ts',
      'harness/results/',
      'harness/performance/',
      'harness/report/',
      'harness/compare/',
    ],
  },
  {
    paths: ['harness/testing/'],
    about:
      'conformance, workloads and explorations of one strategy as tests that any runner can run; every interleaving of a test body',
    knows: [
      ...STRATEGIES,
      'harness/clock.ts',
      'harness/node-version.ts',
      'harness/workloads/',
      'harness/engines/',
      'harness/entries/',
      'harness/ground/',
      'harness/conformance/',
      'harness/trial/',
      'harness/compare/',
      'harness/explore/',
    ],
  },
  {
    paths: ['harness/vitest/'],
    about: 'the same for vitest',
    knows: [REGISTRY, 'harness/node-version.ts', 'harness/testing/'],
    outside: ['vitest'],
  },
  {
    paths: ['harness/node-test/'],
    about: 'the same for node:test',
    knows: [REGISTRY, 'harness/node-version.ts', 'harness/testing/'],
    outside: ['node:path', 'node:test'],
  },
  {
    paths: ['harness/jest/'],
    about: 'the same for Jest',
    knows: [REGISTRY, 'harness/node-version.ts', 'harness/explore/application-clock.ts', 'harness/testing/'],
    outside: NOTHING,
  },
  {
    paths: ['harness/benchmarks/', 'harness/index.ts', 'harness/readme.ts'],
    about: 'entry points: the library, benchmarks, the README’s figures',
    knows: [...STRATEGIES, LEDGER, STORES, LEDGERS, 'harness/'],
  },
  {
    paths: ['experiments/variants/'],
    about: 'techniques that a question needs and nobody should use; written like strategies',
    knows: [CONTRACT, REGISTRY, 'strategies/ledgers/writing/', 'strategies/ledgers/*/write.ts'],
    apart: true,
  },
  {
    paths: ['experiments/'],
    about: 'one question per file: prediction, factors, chart, answer',
    knows: [...STRATEGIES, 'harness/', 'experiments/variants/'],
  },
  {
    paths: ['shop/waiting-room/queue/'],
    about: 'the core of a waiting room: who is called next; no store, no clock',
    knows: [],
    outside: ['node:crypto'],
  },
  {
    paths: ['shop/waiting-room/judge/'],
    about: 'a history of a waiting room -> a verdict; no I/O',
    knows: ['shop/waiting-room/queue/'],
    outside: NOTHING,
  },
  {
    paths: ['shop/web/admin-password.ts', 'shop/web/other-sites.ts', 'shop/stores/group-commit.ts'],
    about: 'what shop and waiting room share: the admin’s password, forms of other sites, group commit',
    knows: ['harness/service/problems.ts'],
  },
  {
    paths: ['shop/waiting-room/'],
    about: 'a waiting room before a shop or a service: stores, tokens, gate, pages',
    knows: [
      ...STRATEGIES,
      'harness/',
      'shop/waiting-room/queue/',
      'shop/waiting-room/judge/',
      'shop/web/admin-password.ts',
      'shop/web/other-sites.ts',
      'shop/stores/group-commit.ts',
    ],
  },
  {
    paths: ['shop/'],
    about: 'a shop over any strategy: orders, payment, pages',
    knows: [
      ...STRATEGIES,
      LEDGER,
      'harness/',
      'shop/waiting-room/',
      'shop/web/admin-password.ts',
      'shop/web/other-sites.ts',
      'shop/stores/group-commit.ts',
    ],
  },
  {
    paths: ['cli/'],
    about: 'the commands: the only room that sees all others',
    knows: [...STRATEGIES, 'harness/', 'experiments/', 'shop/', 'shop/waiting-room/'],
  },
  { paths: ['bin/'], about: 'starts the commands under a suitable Node', knows: ['cli/'] },
  {
    paths: ['k6/'],
    about: 'the scripts that k6 runs (k6 is not Node)',
    knows: [],
    outside: ['k6', 'k6/*'],
  },
]
