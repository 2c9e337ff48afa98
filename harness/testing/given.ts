/** What a test file gives, checked before anything is opened: one sentence says which option is wrong. */
import { randomInt } from 'node:crypto'
import { engineKinds } from '../engines/registry.ts'

const SEEDS = 2 ** 32

/** The option's, else that of HOLDFAST_SEED, else another one each time. Throws `TypeError`. */
export function seedGiven(
  option: number | undefined,
  env: Readonly<NodeJS.ProcessEnv> = process.env,
): number {
  const given = env.HOLDFAST_SEED
  const seed = option ?? (given ? Number(given) : randomInt(SEEDS))
  if (Number.isInteger(seed) && seed >= 0 && seed < SEEDS) return seed
  const what = option === undefined ? 'HOLDFAST_SEED' : 'seed'
  throw new TypeError(`${what} is a whole number below ${SEEDS}, not ${JSON.stringify(option ?? given)}`)
}

/** Throws `TypeError` for a number that is given and is not whole, or out of bounds. */
export function checkNumbers(
  given: object,
  bounds: Readonly<Record<string, { readonly min: number; readonly max?: number }>>,
): void {
  for (const [name, { min, max = Number.MAX_SAFE_INTEGER }] of Object.entries(bounds)) {
    const value: unknown = Reflect.get(given, name)
    if (value === undefined) continue
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) continue
    const range = max === Number.MAX_SAFE_INTEGER ? `from ${min} on` : `from ${min} to ${max}`
    throw new TypeError(`${name} is a whole number ${range}, not ${JSON.stringify(value)}`)
  }
}

/** Throws `TypeError` for a function that is not one; those of `needed` must be there. */
export function checkFunctions(
  given: object,
  {
    needed = [],
    optional = [],
  }: { readonly needed?: readonly string[]; readonly optional?: readonly string[] },
): void {
  for (const name of [...needed, ...optional]) {
    const value: unknown = Reflect.get(given, name)
    if (typeof value === 'function' || (value === undefined && optional.includes(name))) continue
    throw new TypeError(`${name} is a function, not ${JSON.stringify(value)}`)
  }
}

/** Throws `TypeError` for an option that there is not: a typo would be taken for the default. */
export function checkNames(given: object, known: readonly string[]): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw new TypeError(`no option is called ${JSON.stringify(unknown)}: there are ${known.join(', ')}`)
}

/** Throws `TypeError` for an engine that there is not. */
export function checkEngines(names: unknown): void {
  const known = engineKinds.map(({ name }) => name as string)
  if (!Array.isArray(names)) throw new TypeError(`engines is a list of names: ${known.join(', ')}`)
  const unknown: unknown = names.find((name) => !known.includes(String(name)))
  if (unknown === undefined) return
  throw new TypeError(`no engine is called ${JSON.stringify(unknown)}: there are ${known.join(', ')}`)
}
