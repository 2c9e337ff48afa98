/**
 * What a server can do, as tried on it: for a server that this program did not start, and which may only
 * speak the protocol of an engine. A strategy names what it relies on (`reliesOn`), and is refused with the
 * reason where that was tried and is missing. What could not be tried refuses nothing: it is told instead.
 */

/** `not-tried`: nothing is known. */
export type AbilityState = 'has' | 'lacks' | 'not-tried'

export interface Ability {
  /** As strategies and ledgers name it. */
  readonly name: string
  /** What it is to have it, as a clause. */
  readonly about: string
  readonly state: AbilityState
  /** What was seen, or why it was not tried; a clause. */
  readonly seen: string
}

/** `refused`: the server aborted one of the transactions. `absent`: all were committed, without it. */
export type AnomalyOutcome = 'absent' | 'refused' | 'occurs' | 'not-tried'

export interface AnomalyFound {
  readonly name: string
  readonly outcome: AnomalyOutcome
  /** What was read where it occurs, or why it was not tried. */
  readonly seen?: string
}

/** What an isolation level comes to, by the anomalies that were provoked at it. */
export interface IsolationFound {
  readonly asked: string
  /** What the server says that it is; absent if it does not say. */
  readonly told?: string
  /** The strongest usual level that nothing seen contradicts. */
  readonly found: string
  readonly anomalies: readonly AnomalyFound[]
}

export interface ProbeFindings {
  readonly tookMs: number
  readonly abilities: readonly Ability[]
  readonly isolation: readonly IsolationFound[]
  /** What else a reader wants to know of the server: the name of a fact, and its value. */
  readonly facts: readonly (readonly [name: string, value: string])[]
}

/** The first of these abilities that the server was found to lack, and `remedy` for it. */
export function whyLacking(
  probed: ProbeFindings | undefined,
  wanted: readonly string[],
  remedy: string,
): { readonly why: string; readonly remedy: string } | undefined {
  const lacking = probed?.abilities.find(({ name, state }) => state === 'lacks' && wanted.includes(name))
  if (lacking === undefined) return undefined
  return { why: `it relies on this, which the server lacks: ${lacking.about} (${lacking.seen})`, remedy }
}

/** What a reader of a verdict must know of it, one clause each. */
export function caveatsOfProbe({ abilities, isolation }: ProbeFindings): readonly string[] {
  const lacking = abilities.filter(({ state }) => state === 'lacks')
  const untried = abilities.filter(({ state }) => state === 'not-tried')
  const weaker = isolation.flatMap(({ asked, found, told }) =>
    told !== undefined && told !== asked ? [`${asked} is ${told} there, and ${found} as tried`] : [],
  )
  const [first] = untried
  return [
    ...lacking.map(({ name, seen }) => `it was found to lack ${name}: ${seen}`),
    ...weaker,
    ...(first === undefined
      ? []
      : [`not tried there: ${untried.map(({ name }) => name).join(', ')} (${first.seen})`]),
  ]
}
