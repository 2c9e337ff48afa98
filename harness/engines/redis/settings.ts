/**
 * Every setting that a Redis server of our own does not leave at its default, with its reason. They are given
 * to the server on its standard input, so this table is the complete difference, and the report reads them
 * back from the server.
 */

/**
 * What a restart loses: everything; up to a second of acknowledged writes; nothing. (`everysec` loses that
 * second when the machine dies. When only the server dies, what it had handed to the system is kept.)
 */
export type RedisDurability = 'none' | 'everysec' | 'always'

export type RedisDurabilityLabel = RedisDurability | 'as configured'

/** As a server reports them. A server may lack a setting of another. */
export type ServerFacts = Readonly<Partial<Record<string, string>>>

interface ServerSetting {
  readonly name: string
  readonly value: string
  readonly reason: string
}

const SERVER_SETTINGS: readonly ServerSetting[] = [
  { name: 'bind', value: '127.0.0.1', reason: 'The server cannot be reached from outside this machine.' },
  {
    name: 'protected-mode',
    value: 'yes',
    reason: 'The default, stated: should the password be taken away, other machines are still refused.',
  },
  { name: 'databases', value: '1', reason: 'Runs are told apart by the beginning of their keys alone.' },
  {
    name: 'save',
    value: '""',
    reason: 'No snapshots: they would fork in the middle of a run. The append-only file alone is durability.',
  },
  {
    name: 'maxmemory',
    value: '1gb',
    reason:
      'Far more than any run needs; a strategy that leaks keys gets an error before the machine suffers.',
  },
  {
    name: 'maxmemory-policy',
    value: 'noeviction',
    reason: 'A key that is evicted is a seat that can be sold again.',
  },
  {
    name: 'maxclients',
    value: '500',
    reason: 'More than all clients of a run, few enough to fit in the usual limit of 1024 open files.',
  },
]

const DURABILITY_SETTINGS: Readonly<Record<RedisDurability, Readonly<Record<string, string>>>> = {
  none: { appendonly: 'no' },
  everysec: { appendonly: 'yes', appendfsync: 'everysec' },
  always: { appendonly: 'yes', appendfsync: 'always' },
}

/** How long a master may be silent before its replica takes over: far longer than a busy machine needs. */
export const NODE_TIMEOUT_MS = 3_000

/** For a server that is part of a cluster. */
const CLUSTER_SETTINGS: readonly ServerSetting[] = [
  { name: 'cluster-enabled', value: 'yes', reason: 'It is part of a cluster.' },
  { name: 'cluster-config-file', value: 'nodes.conf', reason: 'The default, stated: beside its data.' },
  {
    name: 'cluster-node-timeout',
    value: String(NODE_TIMEOUT_MS),
    reason: 'The default of 15 seconds would be most of a run.',
  },
  {
    name: 'cluster-require-full-coverage',
    value: 'no',
    reason: 'Events on other masters are sold on while one master is gone.',
  },
  {
    name: 'cluster-replica-validity-factor',
    value: '0',
    reason:
      'A replica takes over however long it heard nothing: what it lacks is then lost, and is to be seen.',
  },
  {
    name: 'cluster-allow-replica-migration',
    value: 'no',
    reason: 'Every master keeps the replica that it was given.',
  },
  { name: 'repl-diskless-sync-delay', value: '0', reason: 'There is one replica to wait for.' },
]

/** The settings that decide whether an acknowledged write is on disk. */
export const DURABILITY_NAMES = ['appendonly', 'appendfsync', 'save'] as const

/** Other settings of a server for the report, from CONFIG GET. */
export const REPORTED_NAMES = [
  'maxmemory',
  'maxmemory-policy',
  'io-threads',
  'hz',
  'maxclients',
  'timeout',
] as const

/** The lines of a configuration file. */
export function serverConfiguration(own: {
  readonly durability: RedisDurability
  readonly port: number
  readonly password: string
  readonly isOfCluster?: boolean
}): string {
  const plain = [...SERVER_SETTINGS, ...(own.isOfCluster === true ? CLUSTER_SETTINGS : [])]
  const lines = [
    ...plain.map(({ name, value }) => [name, value] as const),
    ...Object.entries(DURABILITY_SETTINGS[own.durability]),
    ['port', String(own.port)] as const,
    ['requirepass', own.password] as const,
    // The servers speak to each other at the port above: the default, 10,000 above, is one of those that the
    // system gives to outgoing connections.
    ...(own.isOfCluster === true
      ? ([
          ['cluster-port', String(own.port + 1)],
          ['masterauth', own.password],
        ] as const)
      : []),
  ]
  return lines.map(([name, value]) => `${name} ${value}\n`).join('')
}

/** Settings that only fit our own server: in a container it is reached from outside, with its password. */
const OWN_SERVER_ONLY: ReadonlySet<string> = new Set(['bind', 'protected-mode'])

/** For the server of a Redis image, on its command line. */
export function containerArguments(durability: RedisDurability): string[] {
  return [
    ...SERVER_SETTINGS.filter(({ name }) => !OWN_SERVER_ONLY.has(name)).map(
      ({ name, value }) => [name, value] as const,
    ),
    ...Object.entries(DURABILITY_SETTINGS[durability]),
  ].flatMap(([name, value]) => [`--${name}`, value === '""' ? '' : value])
}

/** From what the server reports: durability is never inferred from what was requested. */
export function durabilityLabel(settings: ServerFacts): RedisDurabilityLabel {
  const { appendonly, appendfsync, save } = settings
  if (appendonly === 'yes' && (appendfsync === 'everysec' || appendfsync === 'always')) return appendfsync
  // Snapshots keep some data, but the server does not say which.
  return appendonly === 'no' && save === '' ? 'none' : 'as configured'
}

/** The answer to INFO: lines of `name:value`, and headings. */
export function parseInfo(text: string): ServerFacts {
  return Object.fromEntries(
    text.split(/\r?\n/).flatMap((line) => {
      const at = line.indexOf(':')
      return at > 0 && !line.startsWith('#') ? [[line.slice(0, at), line.slice(at + 1)]] : []
    }),
  )
}

/** Under its own name: Valkey also reports itself as Redis 7.2.4, for programs that only check that. */
export function productOf(info: ServerFacts): string {
  if (info.valkey_version !== undefined) return `Valkey ${info.valkey_version}`
  if (info.dragonfly_version !== undefined) return `Dragonfly ${info.dragonfly_version}`
  return `Redis ${info.redis_version ?? 'of unknown version'}`
}
