/**
 * A schedule as text, step by step: which client did what, the answers, which client waited for which, and
 * where the violation is.
 */
import type { Verdict } from '../checker/verdict.ts'
import { brief, plain } from '../engines/wording.ts'
import { inOrderOfCause } from './causes.ts'
import { condense } from './condense.ts'
import { CLIENT_NAMES } from './scenario.ts'
import type { Event } from './schedule-run.ts'

/** Where a schedule broke a rule: the step, and the checker's sentence. */
export interface Wrong {
  readonly step: number
  readonly message: string
}

/** One step is a millisecond of the history's clock. */
const STEP_US = 1_000

/** The worst violation of a verdict first: an oversell, if possible one with a known moment. */
export function wrongIn({ violations }: Verdict): Wrong | undefined {
  const weight = ({ kind, atUs }: Verdict['violations'][number]) =>
    (kind === 'oversell' ? 0 : 2) + (atUs === undefined ? 1 : 0)
  const [worst] = violations.toSorted((one, other) => weight(one) - weight(other))
  if (worst === undefined) return undefined
  const last = Math.max(0, ...worst.operations.map(({ returnedUs }) => returnedUs))
  const message = plain(worst.message)
    .replace(/ at [\d.]+ ms/, '')
    .replace(/ between [\d.]+ ms and [\d.]+ ms/, '')
  return { step: Math.floor((worst.atUs ?? last) / STEP_US), message }
}

export function nameOf(client: number): string {
  return CLIENT_NAMES[client - 1] ?? `client ${client}`
}

const NAME_COLUMNS = 7

/** `names`: of the clients, in the order of their numbers; those of the scenarios, if absent. */
export function transcript(
  seen: readonly Event[],
  wrong: Wrong | undefined,
  names: readonly string[] = CLIENT_NAMES,
): string {
  const columns = Math.max(NAME_COLUMNS, ...names.map((name) => name.length + 1))
  const events = inOrderOfCause(condense(seen))
  const lines: string[] = []
  let step = 0
  const line = (event: Event, text: string): void => {
    const number = event.step === step ? '' : String(event.step)
    step = event.step
    lines.push(`${number.padStart(4)}  ${nameIn(names, event.client).padEnd(columns)}${text}`)
  }
  const steps = Math.max(0, ...events.map((event) => event.step))
  for (let at = 0; at <= steps; at++) {
    for (const event of events.filter((each) => each.step === at)) line(event, wordsOf(event))
    if (wrong !== undefined && (wrong.step === at || (at === steps && wrong.step > steps))) {
      lines.push(`      ▲ ${wrong.message}`)
    }
  }
  return `${lines.join('\n')}\n`
}

/** Nobody's is what happens to all. */
function nameIn(names: readonly string[], client: number): string {
  return client === 0 ? '' : (names[client - 1] ?? `client ${client}`)
}

function wordsOf({ kind, text }: Event): string {
  switch (kind) {
    case 'begins':
      return `┌ ${text}`
    case 'asks':
      return `│ ${brief(text, BRIEF_CHARACTERS)}`
    case 'answers':
      return `│   → ${brief(text, BRIEF_CHARACTERS)}`
    case 'waits':
      return `│   … ${text}`
    case 'ends':
      return `└ ${text}`
    case 'happens':
      return `* ${text}`
  }
}

const BRIEF_CHARACTERS = 96
