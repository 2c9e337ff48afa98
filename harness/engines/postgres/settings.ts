/**
 * Every setting that the embedded server does not leave at PostgreSQL's default, with its reason. All are
 * given on the command line, so this table is the complete difference, and the report reads them back from
 * the server itself.
 */
import type { Durability } from '../engine.ts'

interface ServerSetting {
  readonly name: string
  readonly value: string
  readonly reason: string
}

/** Enough for the largest allowed pool, several strategies' namespaces and the observing connections. */
const CONNECTIONS_MAX = 300

const SERVER_SETTINGS: readonly ServerSetting[] = [
  {
    name: 'listen_addresses',
    value: '127.0.0.1',
    reason: 'The server cannot be reached from outside this machine.',
  },
  {
    name: 'unix_socket_directories',
    value: '',
    reason: 'No socket file: the paths of cache folders exceed the 107 bytes a socket path may have.',
  },
  {
    name: 'scram_iterations',
    value: '1',
    reason:
      'The password is 256 random bits, so stretching protects nothing and would slow every connection down.',
  },
  {
    name: 'max_connections',
    value: String(CONNECTIONS_MAX),
    reason: 'The default of 100 would cap pool sizes that a comparison wants to vary.',
  },
  {
    name: 'shared_buffers',
    value: '256MB',
    reason:
      'All tables of a run stay in memory on a laptop: what is measured is locking and flushing, not reading.',
  },
  {
    name: 'max_wal_size',
    value: '2GB',
    reason: 'No checkpoint is forced by volume within a run of a few minutes.',
  },
  {
    name: 'checkpoint_timeout',
    value: '15min',
    reason:
      'No checkpoint is forced by time within a run, where it would hit one strategy and spare the next.',
  },
  {
    name: 'jit',
    value: 'off',
    reason: 'Compiling a query never pays for statements that touch a few rows.',
  },
  {
    name: 'deadlock_timeout',
    value: '1s',
    reason: 'The default, stated because strategies that can deadlock wait exactly this long.',
  },
  {
    name: 'log_min_messages',
    value: 'log',
    reason: 'Start, stop and fatal messages only: refused statements are expected by the thousand here.',
  },
  {
    name: 'lc_messages',
    value: 'C',
    reason: 'Messages read the same on every machine.',
  },
  {
    name: 'timezone',
    value: 'UTC',
    reason: 'Printed times read the same on every machine.',
  },
]

const DURABILITY_SETTINGS: Readonly<Record<Durability, Readonly<Record<string, string>>>> = {
  /**
   * PostgreSQL's defaults: an acknowledged commit survives a power cut. Set explicitly, so that nothing
   * overrides them.
   */
  durable: { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' },
  /**
   * The setting of many tests. A crash of the machine loses acknowledged commits: never compare it with
   * durable runs.
   */
  relaxed: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
}

/**
 * Settings that only fit our own server: in a container the server listens to connections from outside, keeps
 * its image's socket folder, and may be older than version 16, which cannot reduce the iterations of the
 * password hash.
 */
const OWN_SERVER_ONLY: ReadonlySet<string> = new Set([
  'listen_addresses',
  'unix_socket_directories',
  'scram_iterations',
])
/** A set of containers serves several processes at once, each with a pool for every open strategy. */
const CONTAINER_CONNECTIONS_MAX = 3 * CONNECTIONS_MAX

/** For the server of a PostgreSQL image, of any version that is tested. */
export function containerArguments(durability: Durability): string[] {
  const settings = [
    ...SERVER_SETTINGS.filter(({ name }) => !OWN_SERVER_ONLY.has(name)).map(({ name, value }) => [
      name,
      value,
    ]),
    ['max_connections', String(CONTAINER_CONNECTIONS_MAX)],
    ...Object.entries(DURABILITY_SETTINGS[durability]),
  ]
  return settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** The settings that decide whether an acknowledged commit is on disk, as the server reports them. */
export const DURABILITY_NAMES = [
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'wal_sync_method',
  'wal_level',
  'synchronous_standby_names',
] as const

/** Other settings of a server for the report. */
export const REPORTED_NAMES = [
  'server_version',
  'server_version_num',
  'max_connections',
  'superuser_reserved_connections',
  'shared_buffers',
  'max_wal_size',
  'checkpoint_timeout',
  'deadlock_timeout',
  'default_transaction_isolation',
  'jit',
  'log_statement',
  'log_min_duration_statement',
  'default_table_access_method',
] as const

export function serverArguments(durability: Durability): string[] {
  const settings = [
    ...SERVER_SETTINGS.map(({ name, value }) => [name, value] as const),
    ...Object.entries(DURABILITY_SETTINGS[durability]),
  ]
  return settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** As the server reports them. An old server may lack a setting of a newer one. */
export type ServerSettings = Readonly<Partial<Record<string, string>>>

export type DurabilityLabel = Durability | 'as configured'

/** From what the server reports: durability is never inferred from what was requested. */
export function durabilityLabel(settings: ServerSettings): DurabilityLabel {
  const { fsync, synchronous_commit: commit, full_page_writes: pages } = settings
  if (fsync === 'off' || commit === 'off') return 'relaxed'
  if (fsync === 'on' && pages === 'on' && commit !== undefined) return 'durable'
  return 'as configured'
}
