/** How we start a TigerBeetle replica: every setting that is not at its default, with its reason. */

/** `relaxed` is what TigerBeetle calls development: it does not require direct I/O. */
export type TigerbeetleDurability = 'durable' | 'relaxed'

/** A cluster that was not started here does not report its settings. */
export type TigerbeetleDurabilityLabel = 'durable' | 'development' | 'as configured'

interface ReplicaSetting {
  readonly name: string
  readonly value: string
  readonly reason: string
}

/**
 * The size of a request stays at its default of 1 MiB, 8189 transfers: a smaller one would save 150 MiB, but
 * the batching figures would then match no real cluster.
 */
const PRODUCTION_SETTINGS: readonly ReplicaSetting[] = [
  {
    name: 'cache-grid',
    value: '64MiB',
    reason: 'The default of 1 GiB is for data that does not fit in memory; that of a run is a few megabytes.',
  },
  {
    name: 'cache-accounts',
    value: '16MiB',
    reason: 'Some 100,000 accounts, far more than any run makes, instead of 128 MiB.',
  },
  {
    name: 'memory-lsm-manifest',
    value: '16MiB',
    reason: 'An index of the tables on disk; a run has few tables. Replaces 128 MiB.',
  },
  {
    name: 'limit-storage',
    value: '8GiB',
    reason: 'A strategy that never stops writing ends its server, not the disk; the default is 16 TiB.',
  },
]

/** The following settings are experimental in TigerBeetle, which only accepts them with a flag. */
const STABLE_SETTINGS: ReadonlySet<string> = new Set(['cache-grid'])

/**
 * The memory that a replica allocates at its start and never frees, measured; most of it is not configurable.
 */
export const REPLICA_MEMORY_MIB: Readonly<Record<TigerbeetleDurability, number>> = {
  durable: 1_950,
  relaxed: 1_500,
}
/**
 * A formatted data file has 1088 MiB, mostly the log that requests are written to first; a run adds to it.
 */
export const REPLICA_DISK_MIB = 1_600

export function startArguments(durability: TigerbeetleDurability): readonly string[] {
  if (durability === 'relaxed') return ['--development']
  const given = PRODUCTION_SETTINGS.map(({ name, value }) => `--${name}=${value}`)
  const isExperimental = PRODUCTION_SETTINGS.some(({ name }) => !STABLE_SETTINGS.has(name))
  return isExperimental ? [...given, '--experimental'] : given
}

export function formatArguments(durability: TigerbeetleDurability): readonly string[] {
  return durability === 'relaxed' ? ['--development'] : []
}

/** A container starts without a data file: it is formatted in place, and then served. */
export function containerScript(port: number): string {
  const file = '/holdfast.tigerbeetle'
  return [
    `/tigerbeetle format --cluster=0 --replica=0 --replica-count=1 ${formatArguments('durable').join(' ')} ${file}`,
    `exec /tigerbeetle start --addresses=0.0.0.0:${port} ${startArguments('durable').join(' ')} ${file}`,
  ].join(' && ')
}

/** For a report. */
export function reportedSettings(durability: TigerbeetleDurability): Readonly<Record<string, string>> {
  if (durability === 'relaxed') return { mode: 'development' }
  return {
    mode: 'production',
    ...Object.fromEntries(PRODUCTION_SETTINGS.map(({ name, value }) => [name, value])),
  }
}
