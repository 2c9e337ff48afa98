/**
 * What happens to a client while it does nothing: what it has read becomes stale, because another has changed
 * it; and its lease expires, because it pauses for longer.
 */
import type { Look } from '../look.ts'
import type { Event } from '../schedule-run.ts'

/** From one step to the client's next one. */
export interface Overtaken {
  readonly client: number
  readonly kind: 'stale' | 'paused'
  /** The step that did it. */
  readonly step: number
  /** For a pause: the client's last step before it. */
  readonly since: number
  /** The step with which the client goes on; absent if it does not. */
  readonly until: number | undefined
  /** What it had read. */
  readonly read?: string
}

/** An answer that says how many units are free: what is decided by it is true only as long as it is. */
const READ = /\bid: ([\w-]+), (free: \d+)/g
/** The try that the read was for is over. */
const OVER = /\bcommit$|^rollback$|^0 rows$|^[0-9A-Z]{5} /

export function overtakenIn(events: readonly Event[], looks: readonly Look[]): readonly Overtaken[] {
  return [...staleReads(events, looks), ...pauses(events, looks)]
}

function staleReads(events: readonly Event[], looks: readonly Look[]): readonly Overtaken[] {
  return events.flatMap((event, at): readonly Overtaken[] => {
    const read = event.kind === 'answers' ? [...event.text.matchAll(READ)] : []
    const [words] = read.map(([, , free]) => free)
    if (words === undefined) return []
    const names = read.map(([, name]) => name ?? '')
    const { client } = event
    // Until its call or its try ends, or it reads again.
    const own = events.slice(at + 1).filter((each) => each.client === client)
    const ending = own.find(
      ({ kind, text }) => kind === 'ends' || OVER.test(text) || text.search(READ) !== -1,
    )
    const step = looks.find(
      (look) =>
        look.step > event.step &&
        stored(look, names) !== stored(looks[look.step - 1], names) &&
        !events.some((each) => each.step === look.step && each.client === client && each.kind === 'asks'),
    )?.step
    if (step === undefined || step >= (ending?.step ?? Number.POSITIVE_INFINITY)) return []
    // One that waited goes on with the same step.
    const until = own.find((each) => each.step >= step)?.step
    return [{ client, kind: 'stale', step, since: event.step, until, read: words }]
  })
}

/** What reads of free units depend on. */
function stored(look: Look | undefined, names: readonly string[]): string {
  const rows = look?.rows.filter(({ name }) => names.includes(name))
  return JSON.stringify(rows?.map(({ values }) => values.taken))
}

function pauses(events: readonly Event[], looks: readonly Look[]): readonly Overtaken[] {
  const happened = new Set(events.flatMap(({ kind, step }) => (kind === 'happens' ? [step] : [])))
  return looks.flatMap((look, at): readonly Overtaken[] => {
    if (!happened.has(look.step)) return []
    const before = looks[at - 1]?.leases ?? []
    const gone = before.filter(({ key }) => look.leases.every((lease) => lease.key !== key))
    return gone.flatMap(({ client }): readonly Overtaken[] => {
      if (client === undefined) return []
      const own = events.filter((event) => event.client === client)
      const since = own.findLast(({ step }) => step < look.step)?.step ?? look.step
      const until = own.find(({ step }) => step > look.step)?.step
      return [{ client, kind: 'paused', step: look.step, since, until }]
    })
  })
}
