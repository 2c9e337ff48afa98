/** Events in the schedules of a test body, besides its clients' own steps, and how they are caused. */
import type { Footprint } from '../../explore/footprint.ts'
import type { EnvironmentStep } from '../../explore/schedule-run.ts'
import { checkNames, checkNumbers } from '../given.ts'
import type { BodyEvents } from './body.ts'

/** The last two are followed by the number of the client that loses its connections, or its next answer. */
export const EVENT_LETTERS = { time: 't', cut: 'x', lost: 'a' } as const

/** A client that can lose its connections. */
interface Losing {
  readonly name: string
  readonly number: number
  /** Whether it has a connection in hand that an engine would notice. */
  hasConnection(): boolean
  readonly isAsking: boolean
  cut(): Promise<void>
  /** Its next step is executed, but not answered. */
  loseNextAnswer(): void
}

/** The events of one run; clients are added as the body first uses them. */
export class EventsOfBody {
  /** Grows while the run goes on. */
  readonly steps: EnvironmentStep[] = []
  readonly #events: BodyEvents
  /** Of one connection in a run. */
  #isLost: boolean = false

  constructor(events: BodyEvents, passTime: (ms: number) => Promise<void>) {
    this.#events = events
    const { timePassesMs } = events
    if (timePassesMs === undefined) return
    this.steps.push({
      token: EVENT_LETTERS.time,
      text: `${timePassesMs / 1_000} s pass`,
      isPossible: async () => true,
      async happen() {
        await passTime(timePassesMs)
        return EVERYTHING
      },
    })
  }

  add(client: Losing): void {
    const { name, number } = client
    if (this.#events.connectionCut === true) {
      this.steps.push({
        token: `${EVENT_LETTERS.cut}${number}`,
        text: `the connections of ${name} are cut`,
        isPossible: async () => !this.#isLost && client.hasConnection(),
        happen: async () => {
          this.#isLost = true
          await client.cut()
          return EVERYTHING
        },
      })
    }
    if (this.#events.answerLost === true) {
      this.steps.push({
        token: `${EVENT_LETTERS.lost}${number}`,
        text: `the answer to the next statement of ${name} is lost`,
        isPossible: async () => !this.#isLost && client.isAsking,
        happen: async () => {
          this.#isLost = true
          client.loseNextAnswer()
          return EVERYTHING
        },
      })
    }
  }
}

const EVERYTHING: Footprint = { touches: 'everything', begins: false, ends: false }

/** How many may happen in a schedule of so many clients, at most. */
export function countOfEvents(
  { timePassesMs, connectionCut, answerLost }: BodyEvents,
  clients: number,
): number {
  const perClient = [connectionCut, answerLost].filter((is) => is === true).length
  return (timePassesMs === undefined ? 0 : 1) + perClient * clients
}

/** Throws `TypeError` for what is no event. */
export function checkEvents(events: BodyEvents): void {
  checkNames(events, ['timePassesMs', 'connectionCut', 'answerLost'])
  checkNumbers(events, { timePassesMs: { min: 1 } })
}

/** What a proof with these events does not show, one sentence each. */
export function limitsOfEvents({ timePassesMs, connectionCut, answerLost }: BodyEvents): readonly string[] {
  const time =
    timePassesMs === undefined
      ? 'No deadline passes.'
      : `${timePassesMs / 1_000} s pass, at once and at most once; timers of the body go on as they are.`
  const cut = 'the connections of a client are cut'
  const lost = 'an answer is lost with its connection'
  const either = [...(connectionCut === true ? [cut] : []), ...(answerLost === true ? [lost] : [])]
  const losses =
    either.length === 0 ? 'No connection is lost.' : `At most once in a schedule ${either.join(', or ')}.`
  return [time, losses, 'The engine loses no data.']
}
