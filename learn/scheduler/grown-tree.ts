/**
 * A tree that grows while an exploration runs. A position is known by the steps to it and by the choices
 * after each of them: after the same steps these differ only if PostgreSQL picked another waiting session.
 */

import type { Judged } from '../../harness/explore/batch.ts'
import { condense } from '../../harness/explore/condense.ts'
import type { Watched } from '../../harness/explore/run.ts'
import type { Choice, Event } from '../../harness/explore/schedule-run.ts'
import type { Cut } from '../../harness/explore/search.ts'
import { wrongIn } from '../../harness/explore/transcript.ts'
import type {
  ClientStatus,
  RecordedChoice,
  RecordedCut,
  RecordedEnd,
  RecordedEvent,
  RecordedNode,
  RecordedState,
} from './data/recording.ts'

interface GrownNode {
  readonly state: RecordedState
  readonly clients: readonly ClientStatus[]
  readonly choices: readonly Choice[]
  /** By token, then by the choices that follow. */
  readonly steps: Map<string, Map<string, GrownStep>>
  readonly cuts: Map<string, RecordedCut>
  end?: RecordedEnd
}

interface GrownStep {
  readonly events: readonly RecordedEvent[]
  readonly to: GrownNode
}

/** An exploration came to positions that cannot be put together to a tree. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError'
}

export class GrownTree {
  readonly #look: (watched: Watched) => Promise<RecordedState>
  #root: GrownNode | undefined
  /** Of the schedule that is running. */
  #at: GrownNode | undefined
  /** The ends of schedules that are not judged yet, by their marks. */
  readonly #ends = new Map<string, GrownNode>()
  readonly #cuts: Cut[] = []

  constructor(look: (watched: Watched) => Promise<RecordedState>) {
    this.#look = look
  }

  /** Between two steps of a schedule, from before the first to after the last. */
  async watch(watched: Watched): Promise<void> {
    const { steps, events, choices, prepared } = watched
    if (steps.length === 0) {
      this.#root ??= await this.#grown(watched)
      this.#at = this.#root
    } else this.#at = await this.#stepTo(watched, steps.at(-1) ?? '', events)
    if (choices.length === 0) this.#ends.set(prepared.mark, this.#at)
  }

  async #stepTo(watched: Watched, token: string, events: readonly Event[]): Promise<GrownNode> {
    const from = this.#at
    if (from === undefined) throw new RecordingError('a schedule began in its middle')
    const outcomes = from.steps.get(token) ?? new Map<string, GrownStep>()
    from.steps.set(token, outcomes)
    const key = keyOf(watched.choices)
    const known = outcomes.get(key)
    if (known !== undefined) return known.to
    const own = events.filter(({ step }) => step === watched.steps.length)
    const to = await this.#grown(watched)
    outcomes.set(key, { events: condense(own).map(recordedEvent), to })
    return to
  }

  async #grown(watched: Watched): Promise<GrownNode> {
    return {
      state: await this.#look(watched),
      clients: statusesOf(watched),
      choices: [...watched.choices],
      steps: new Map(),
      cuts: new Map(),
    }
  }

  cut(cut: Cut): void {
    this.#cuts.push(cut)
  }

  judged({ run, verdict }: Judged): void {
    const { mark } = run.prepared
    const node = this.#ends.get(mark)
    this.#ends.delete(mark)
    if (node === undefined || node.end !== undefined) return
    const wrong = wrongIn(verdict)
    node.end = {
      verdict: verdict.verdict,
      isOversold: verdict.violations.some(({ kind }) => kind === 'oversell'),
      ...(wrong !== undefined && {
        message: wrong.message,
        back: Math.max(0, run.steps.length - wrong.step),
      }),
    }
  }

  /** The whole of it. Throws `RecordingError` if a step is neither there nor cut. */
  whole(): RecordedNode {
    for (const cut of this.#cuts) this.#placeCut(cut)
    if (this.#root === undefined) throw new RecordingError('nothing was explored')
    const whole = finished(this.#root)
    if (whole === undefined) throw new RecordingError('no schedule came to its end')
    return whole
  }

  #placeCut({ path, token, same }: Cut): void {
    let node = this.#root
    for (const step of path) node = node?.steps.get(step.token)?.get(keyOf(step.after))?.to
    // A run that was disturbed may have been the only one there.
    node?.cuts.set(
      token,
      same.kind === 'order'
        ? { kind: 'order', earlier: same.earlier }
        : { kind: 'names', twin: Number(same.twin) },
    )
  }
}

function keyOf(choices: readonly Choice[]): string {
  return choices.map(({ token, shape }) => `${token}: ${shape}`).join(' | ')
}

function recordedEvent({ client, kind, text, store, blockers }: Event): RecordedEvent {
  return { client, kind, text, ...(store !== undefined && { store }), ...(blockers && { blockers }) }
}

function statusesOf({ clients, choices, events }: Watched): readonly ClientStatus[] {
  return clients.map(({ number, state }) => {
    if (state !== 'going') return state
    if (choices.some(({ token }) => token === String(number))) return 'ready'
    const last = events.findLast(({ client, kind }) => client === number && kind !== 'begins')
    return last?.kind === 'waits' ? 'waits' : 'refused'
  })
}

/**
 * A node with all that comes after it; undefined for what a disturbed run left, from where no schedule came
 * to its end and where nothing is cut.
 */
function finished(node: GrownNode): RecordedNode | undefined {
  const { state, clients, end } = node
  if (end !== undefined) return { state, clients, choices: [], end }
  const choices = node.choices.map(({ token, text }): RecordedChoice => {
    const steps = [...(node.steps.get(token)?.values() ?? [])].flatMap(({ events, to }) => {
      const rest = finished(to)
      return rest === undefined ? [] : [{ events, to: rest }]
    })
    const cut = node.cuts.get(token)
    return { token, text, steps, ...(steps.length === 0 && cut && { cut }) }
  })
  if (choices.every(({ steps, cut }) => steps.length === 0 && cut === undefined)) return undefined
  const missing = choices.find(({ steps, cut }) => steps.length === 0 && cut === undefined)
  if (missing !== undefined) throw new RecordingError(`the step "${missing.text}" is neither run nor cut`)
  return { state, clients, choices }
}

/** With what leads to them: a position is a way from the root. */
export function positionsFrom({ choices }: RecordedNode): number {
  const next = choices.flatMap(({ steps }) => steps.map(({ to }) => positionsFrom(to)))
  return next.reduce((sum, count) => sum + count, 1)
}
