/**
 * What a strategy may lose: as measured under faults where the published table has it, and else as its
 * registry line promises; every answer says which of the two it is.
 *
 * The worse of both counts. One run that went well does not make a strategy safe that says of itself that it
 * is not; one that oversold makes one unsafe, whatever it says. Servers that were set to lose what they
 * acknowledge are left out: no promise is made for them, and the study runs durable ones.
 */
import { faultKinds } from '../harness/faults/registry.ts'
import { counted, listed } from '../harness/report/format.ts'
import type { FaultCell } from '../harness/results/faults.ts'
import { type Survival, survivals } from '../harness/results/survives.ts'
import type { StrategyEntry } from '../strategies/registry.ts'
import type { Fault, Promises } from '../strategies/strategy.ts'

/** What the words of a table mean, for below it. */
export const FAULTS_MEAN =
  '*n of m faults*: m faults can happen to the strategy and have a known outcome (leases cannot be taken from one that has none); under n of them it sold nothing twice and lost no sale.'

/** From the least to the most: what a reader must be willing to lose. */
const LOSSES = ['nothing', 'writes of a failover', 'a pause of a client'] as const
export type Loss = (typeof LOSSES)[number]

const FAULT_WORDS: Readonly<Record<Fault, string>> = {
  'client-pause': 'a client that pauses past its lease',
  'lost-writes': 'a failover that loses writes',
}

export interface Safety {
  /** The worst that it may lose; undefined for a strategy that oversells without any fault. */
  readonly loss: Loss | undefined
  /** Whether the table of faults has any cell of it that counts. */
  readonly isMeasured: boolean
  /** For a table: against which faults, and how that is known. */
  readonly words: string
}

/** As its registry line promises it. */
export function promisedLoss({
  safe,
  unsafeUnder,
}: Pick<Promises, 'safe' | 'unsafeUnder'>): Loss | undefined {
  if (safe === 'never') return undefined
  if (unsafeUnder.includes('client-pause')) return 'a pause of a client'
  return unsafeUnder.includes('lost-writes') ? 'writes of a failover' : 'nothing'
}

/** `cells`: of the published table of faults; none if there is no such table. */
export function safetyOf(
  { name, promises }: Pick<StrategyEntry, 'name' | 'promises'>,
  cells: readonly FaultCell[],
): Safety {
  const promised = promisedLoss(promises)
  const tried = survivals(cells).filter(
    ({ strategy, fault, outcome }) => strategy === name && outcome !== 'unknown' && counts(fault),
  )
  if (promised === undefined) return { loss: undefined, isMeasured: false, words: 'oversells without faults' }
  if (tried.length === 0) return { loss: promised, isMeasured: false, words: promisedWords(promises) }
  const fell = tried.filter(({ outcome }) => outcome === 'oversells' || outcome === 'loses-sales')
  const losses = [promised, ...fell.map(lossUnder)]
  return {
    loss: LOSSES.findLast((loss) => losses.includes(loss)),
    isMeasured: true,
    words: measuredWords(tried, fell, promises),
  }
}

/** Faults of a setting without any promise do not count, and neither do those that are unknown here. */
function counts(fault: string): boolean {
  const kind = faultKinds.find(({ name }) => name === fault)
  return kind !== undefined && kind.isUnpromised !== true
}

/**
 * What the words leave out, for below a table: with which settings everything that can be set so sells twice.
 * Undefined if that was not measured.
 */
export function unpromisedWords(cells: readonly FaultCell[]): string | undefined {
  const fell = survivals(cells).filter(
    ({ fault, outcome }) => !counts(fault) && (outcome === 'oversells' || outcome === 'loses-sales'),
  )
  const titles = [...new Set(fell.map(({ title }) => `“${title}”`))]
  if (titles.length === 0) return undefined
  return `The servers were set to keep what they acknowledge. With other settings the strategies sell twice, too, whatever their technique: ${listed(titles)} (measured).`
}

/** What it loses without any crash is lost the more easily. */
function lossUnder({ fault }: Survival): Loss {
  const kills = faultKinds.find(({ name }) => name === fault)?.needs.kills
  return kills === undefined ? 'a pause of a client' : 'writes of a failover'
}

function promisedWords({ unsafeUnder }: Pick<Promises, 'unsafeUnder'>): string {
  return unsafeUnder.length === 0
    ? 'all faults (promised)'
    : `all but ${listed(unsafeUnder.map((fault) => FAULT_WORDS[fault]))} (promised)`
}

function measuredWords(
  tried: readonly Survival[],
  fell: readonly Survival[],
  { unsafeUnder }: Pick<Promises, 'unsafeUnder'>,
): string {
  const survived = `${tried.length - fell.length} of ${counted(tried.length, 'fault')} (measured)`
  const under = fell.length === 0 ? [] : [`not ${listed(fell.map(({ title }) => `“${title}”`))} (measured)`]
  const promised =
    unsafeUnder.length === 0
      ? []
      : [`not ${listed(unsafeUnder.map((fault) => FAULT_WORDS[fault]))} (promised)`]
  return [survived, ...under, ...promised].join('; ')
}

/** Whether someone who accepts one loss may use a strategy that has another. */
export function isWithin(loss: Loss | undefined, accepted: Loss): boolean {
  return loss !== undefined && LOSSES.indexOf(loss) <= LOSSES.indexOf(accepted)
}

/** As a clause after "it". */
export function lossClause({ loss, isMeasured }: Safety): string {
  const how = isMeasured ? '' : ', by its own promise'
  switch (loss) {
    case undefined:
      return 'oversells'
    case 'nothing':
      return 'loses nothing'
    case 'writes of a failover':
      return `sells twice after a failover that loses writes${how}`
    case 'a pause of a client':
      return `sells twice without any crash, as when a client pauses past its lease${how}`
  }
}
