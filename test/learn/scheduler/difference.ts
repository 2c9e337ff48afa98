/**
 * Where two trees are not the same, for tests. Which sessions PostgreSQL picks is not the schedule's to decide:
 * of such a step either tree may lack a way, but what both have must be the same. Nor is the order in which one
 * statement takes several advisory locks: that of their hashes, in which is the name of the run's schema.
 */
import type {
  RecordedChoice,
  RecordedNode,
  RecordedState,
  RecordedStep,
} from '../../../learn/scheduler/data/recording.ts'

/** One sentence for the first place of each branch; empty if they are the same. */
export function differences(
  one: RecordedNode,
  other: RecordedNode,
  place: readonly string[] = [],
): readonly string[] {
  const parts = [
    ['state', decided(one.state), decided(other.state)],
    ['clients', one.clients, other.clients],
    ['end', one.end, other.end],
    ['choices', choicesOf(one), choicesOf(other)],
  ] as const
  const found = parts.flatMap(([what, was, is]) => {
    const [before, now] = [JSON.stringify(was), JSON.stringify(is)]
    return before === now ? [] : [`after [${place.join('.')}], ${what}: ${before} and ${now}`]
  })
  if (found.length > 0) return found
  return one.choices.flatMap((choice, at) => {
    const theirs = other.choices[at]
    if (theirs === undefined) return []
    return ofChoice(choice, theirs, { place: [...place, choice.token], severalWait: severalWait(one) })
  })
}

function decided(state: RecordedState): RecordedState {
  if (state.taken.length < 2) return state
  return { ...state, locks: state.locks.filter(([what]) => !what.startsWith('advisory lock')) }
}

function ofChoice(
  { steps }: RecordedChoice,
  { steps: theirs }: RecordedChoice,
  { place, severalWait }: { readonly place: readonly string[]; readonly severalWait: boolean },
): readonly string[] {
  const pairs = steps.flatMap((step) => {
    const match = theirs.find((each) => answersOf(each) === answersOf(step))
    return match === undefined ? [] : [{ step, match }]
  })
  const isPicked = [steps, theirs].some((ways) => arePicks(ways, severalWait))
  if (steps.length > 0 && pairs.length === 0 && !isPicked) {
    return [
      `${place.join('.')}: ${steps.map(answersOf).join(' or ')} and ${theirs.map(answersOf).join(' or ')}`,
    ]
  }
  return pairs.flatMap(({ step, match }) => differences(step.to, match.to, place))
}

function choicesOf({ choices }: RecordedNode): unknown {
  return choices.map(({ token, text, cut }) => ({ token, text, cut }))
}

function severalWait({ clients }: RecordedNode): boolean {
  return clients.filter((status) => status === 'waits').length > 1
}

/**
 * Of several that wait, which one goes on; of a deadlock, whom PostgreSQL ends, and whether the wait was seen
 * before: a matter of time. Each exploration may have met the same way every time.
 */
function arePicks(ways: readonly RecordedStep[], severalWait: boolean): boolean {
  if (ways.length > 1) return true
  const goesOn = (step: RecordedStep) => new Set(step.events.map(({ client }) => client)).size > 1
  return ways.some((step) => (severalWait && goesOn(step)) || isDeadlock(step))
}

function isDeadlock({ events }: RecordedStep): boolean {
  return events.some(({ text }) => text.startsWith('40P01'))
}

function answersOf({ events }: RecordedStep): string {
  const told = events
    .filter(({ kind }) => kind !== 'waits')
    .map(({ client, kind, text }) => `${client} ${kind} ${text}`)
  return told.toSorted().join(' | ')
}

/** Whether PostgreSQL picked anywhere in it, so that another exploration may see other ways. */
export function hasPicks(node: RecordedNode): boolean {
  const isPicked = severalWait(node)
  return node.choices.some(({ steps }) => arePicks(steps, isPicked) || steps.some(({ to }) => hasPicks(to)))
}
