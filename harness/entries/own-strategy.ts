/** Loads a strategy from a user's file. */
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { ledgers } from '../../strategies/ledgers/registry.ts'
import { PROMISES_DEFAULT, type StrategyEntry } from '../../strategies/registry.ts'
import type { EngineName, Promises, ReservationStrategy } from '../../strategies/strategy.ts'
import { reasonOf } from '../errors.ts'
import { NoAnswerError, within } from '../within.ts'
import { unknownName } from './did-you-mean.ts'
import { entryFor, type OwnWitness, type StrategyOfOnesOwn } from './entry.ts'
import { UsageError } from './usage-error.ts'

/** The engines of a file that names none: the one whose clock is the default. */
const ENGINES_DEFAULT: readonly EngineName[] = [PROMISES_DEFAULT.clock]

const MODULE_ENDING = /\.[cm]?[jt]s$/

/** Longer than modules take to load: it ends what awaits something that never comes. */
const LOAD_MS_MAX = 30_000

/** The allowed values of a promise, in words and as a test. */
interface Allowed {
  readonly words: string
  fits(value: unknown): boolean
}

const PROMISES: Readonly<Record<Exclude<keyof Promises, 'clock'>, Allowed>> = {
  safe: oneOf('always', 'without-faults', 'never'),
  unsafeUnder: someOf('client-pause', 'lost-writes'),
  refusals: oneOf('exact', 'spurious'),
  contention: oneOf('waits', 'gives-up', 'retries', 'polls', 'never'),
  expiry: oneOf('lazy', 'engine'),
  freesLateMs: {
    words: 'a number of milliseconds',
    fits: (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
  },
  refusedIds: oneOf('retryable', 'final'),
  fairness: oneOf('queue', 'none'),
  needsSession: { words: 'true or false', fits: (value) => typeof value === 'boolean' },
  batches: { words: 'true or false', fits: (value) => typeof value === 'boolean' },
}

function oneOf(...values: readonly string[]): Allowed {
  return { words: values.join(' or '), fits: (value) => values.some((each) => each === value) }
}

function someOf(...values: readonly string[]): Allowed {
  const { fits } = oneOf(...values)
  return {
    words: `a list of ${values.join(', ')}`,
    fits: (value) => Array.isArray(value) && value.every(fits),
  }
}

/** Every method of the contract, in its order. */
export const METHODS = [
  'createResources',
  'hold',
  'confirm',
  'release',
  'availability',
  'expireDue',
  'close',
] as const satisfies readonly (keyof ReservationStrategy)[]

/** Node's error for a file that a package.json declares to be CommonJS, as `npm init` does. */
const NOT_A_MODULE = /outside a module|Unexpected token 'export'/
const AS_A_MODULE = 'name it .mts, or set "type": "module" in the package.json around it'

/**
 * `known`: all engines; absent if the file was checked before, by the process that started this one.
 */
export async function loadOwnStrategy(file: string, known?: readonly EngineName[]): Promise<StrategyEntry> {
  const resolved = path.resolve(file)
  const found = await stat(resolved).catch(() => undefined)
  if (found === undefined) throw new UsageError(`the file ${file} does not exist`)
  if (!found.isFile()) throw new UsageError(`${file} is not a file`)
  const ending = path.extname(resolved)
  if (ending !== '' && !MODULE_ENDING.test(ending))
    throw new UsageError(
      `${file} is no strategy: that is a module in TypeScript or JavaScript (.ts, .mts, .js, .mjs)`,
    )

  const name = path.basename(resolved).replace(MODULE_ENDING, '')
  const exported = await load(resolved, file)
  const { create, summary, promises } = exported
  if (typeof create !== 'function') {
    throw new UsageError(
      `${file} must export a function create(connections, settings) that returns a strategy`,
    )
  }
  const engines = checkedEngines(exported.engines, file, known)
  return entryFor({
    name,
    summary: typeof summary === 'string' ? summary : `from ${file}`,
    engines,
    ...checkedLedger(exported, engines, file),
    promises: checkedPromises(promises, file, engines),
    file: resolved,
    async create(connections, settings) {
      const strategy: unknown = await created(() => create(connections, settings), file)
      if (!isStrategy(strategy)) {
        throw new UsageError(`create() of ${file} must return an object with ${METHODS.join(', ')}`)
      }
      return strategy
    },
  })
}

async function created(create: () => unknown, file: string): Promise<unknown> {
  try {
    return await create()
  } catch (cause) {
    throw new UsageError(`create() of ${file} throws: ${reasonOf(cause)}`, { cause })
  }
}

async function load(resolved: string, file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await within(LOAD_MS_MAX, import(pathToFileURL(resolved).href))
  } catch (cause) {
    if (cause instanceof NoAnswerError)
      throw new UsageError(`${file} has not loaded after ${LOAD_MS_MAX / 1_000} s`, { cause })
    if (!(cause instanceof Error))
      throw new UsageError(`${file} throws while loading: ${String(cause)}`, { cause })
    // A syntax error's stack begins with its location and the source line.
    const place = /^(?:file:\/\/)?.*?:(\d+)$/m.exec(cause.stack?.split('\n')[0] ?? '')?.[1]
    const [message = ''] = cause.message.split('\n')
    const where = place === undefined ? file : `${file}:${place}`
    const remedy = NOT_A_MODULE.test(message) ? `: ${AS_A_MODULE}` : ''
    throw new UsageError(`${where}: ${cause.name === 'Error' ? '' : `${cause.name}: `}${message}${remedy}`, {
      cause,
    })
  }
}

function isStrategy(value: unknown): value is ReservationStrategy {
  if (typeof value !== 'object' || value === null) return false
  return METHODS.every((method) => method in value && typeof Reflect.get(value, method) === 'function')
}

function checkedEngines(
  engines: unknown,
  file: string,
  known: readonly EngineName[] | undefined,
): readonly EngineName[] {
  if (engines === undefined) return ENGINES_DEFAULT
  if (!Array.isArray(engines))
    throw new UsageError(`${file}: engines must be a list of names${known ? `: ${known.join(', ')}` : ''}`)
  return engines.map((wanted: unknown) => {
    const engine = String(wanted)
    if (known !== undefined && !known.includes(engine))
      throw new UsageError(`${file}: ${unknownName('engine', engine, known)}`)
    return engine
  })
}

function checkedPromises(promises: unknown, file: string, engines: readonly EngineName[]): Partial<Promises> {
  if (promises === undefined) return {}
  if (typeof promises !== 'object' || promises === null)
    throw new UsageError(`${file}: promises must be an object`)
  const allowed = new Map<string, Allowed>(Object.entries({ ...PROMISES, clock: oneOf(...engines) }))
  for (const [name, value] of Object.entries(promises)) {
    const promise = allowed.get(name)
    if (promise === undefined)
      throw new UsageError(`${file}: ${unknownName('promise', name, [...allowed.keys()])}`)
    if (!promise.fits(value)) {
      throw new UsageError(`${file}: promises.${name} must be ${promise.words}, not ${JSON.stringify(value)}`)
    }
  }
  return promises
}

/** How it writes holds down: a ledger of the registry by its name, or a witness in the file itself. */
function checkedLedger(
  { ledger, witness }: Readonly<Record<string, unknown>>,
  engines: readonly EngineName[],
  file: string,
): Pick<StrategyOfOnesOwn, 'ledger' | 'witness'> {
  if (ledger !== undefined && witness !== undefined)
    throw new UsageError(`${file} exports both a ledger and a witness; export only one`)
  if (witness !== undefined) {
    if (isWitness(witness)) return { witness }
    throw new UsageError(
      `${file}: witness must be an object with the functions read, status and sold; isOwnKey and keepsResourcesIn are optional`,
    )
  }
  if (ledger === undefined) return {}
  const known = ledgers.find(({ name }) => name === ledger)
  if (known === undefined) {
    throw new UsageError(
      `${file}: ${unknownName(
        'ledger',
        String(ledger),
        ledgers.map(({ name }) => name),
      )}`,
    )
  }
  const missing = known.engines.filter((engine) => !engines.includes(engine))
  if (missing.length > 0) {
    throw new UsageError(
      `${file}: the ledger ${known.name} is kept in ${known.engines.join(' and ')}, but engines does not name ${missing.join(' and ')}`,
    )
  }
  return { ledger: known }
}

function isWitness(value: unknown): value is OwnWitness {
  if (typeof value !== 'object' || value === null) return false
  const has = (of: object, ...names: readonly string[]) =>
    names.every((name) => typeof Reflect.get(of, name) === 'function')
  const { isOwnKey, keepsResourcesIn } = value as Readonly<Record<string, unknown>>
  return (
    has(value, 'read', 'status', 'sold') &&
    (isOwnKey === undefined || typeof isOwnKey === 'function') &&
    (keepsResourcesIn === undefined || Array.isArray(keepsResourcesIn))
  )
}
