/** Records what is asked of a room's store, for the judge. A call that fails is recorded as unknown. */
import { invokedNowUs, returnedNowUs } from '../../harness/clock.ts'
import type { RoomHistory, RoomRecord, Span } from './judge/records.ts'
import { commitmentOf } from './queue/draw.ts'
import type { MoveAnswer, PlaceView, RoomLimits, RoomRules, RoomStore } from './queue/room.ts'

const DRAWN_MAX = 100_000

export class RoomRecorder {
  readonly #rules: RoomRules
  readonly #records: RoomRecord[] = []
  readonly #told: (record: RoomRecord) => void

  /** `told`: hears each record at once, for a process that may be killed. */
  constructor(rules: RoomRules, limits: RoomLimits, told: (record: RoomRecord) => void = () => undefined) {
    this.#rules = rules
    this.#told = told
    const nowUs = invokedNowUs()
    this.#records.push({ kind: 'limits', ...limits, invokedUs: nowUs, returnedUs: nowUs })
  }

  /** Of this process or another one: their clock is the same. */
  add(record: RoomRecord): void {
    this.#records.push(record)
    this.#told(record)
  }

  /** The same store, watched. Several of them may share a recorder. */
  watch(store: RoomStore): RoomStore {
    return {
      ...store,
      join: async (joinings) => {
        const identities = joinings.map(({ identity }) => identity)
        const { answer, span } = await this.#timed('join', () => store.join(joinings))
        answer.forEach((each, at) => {
          if (each.kind !== 'joined') return
          const { place, isNew, number } = each
          // A lottery orders its entrants, whenever they came.
          const drawn = number > 0 && this.#rules.order === 'fifo' ? { number } : {}
          this.add({
            kind: 'join',
            identity: identities[at] ?? '',
            place,
            isNew,
            ...drawn,
            ...span,
          })
        })
        return answer
      },
      move: async (move) => {
        const { answer, span } = await this.#timed(move.kind, () => store.move(move))
        this.#moved(answer, span)
        if (move.kind === 'enter' && answer.view.kind === 'inside')
          this.add({ kind: 'enter', place: move.place, ...span })
        return answer
      },
      set: async (setting) => {
        const before = await store.figures()
        const { span } = await this.#timed('set', () => store.set(setting))
        const { activeMax = before.activeMost, perMinute = before.perMinute } = setting
        this.add({ kind: 'limits', activeMax, perMinute, ...span })
      },
    }
  }

  /** Reads how everything is at rest. */
  async history(store: RoomStore): Promise<RoomHistory> {
    const places = [...new Set(this.#records.flatMap((each) => ('place' in each ? [each.place] : [])))]
    const found = places.length === 0 ? [] : await store.look(places, false)
    const views = new Map<string, PlaceView>(
      places.map((place, at) => [place, found[at] ?? { kind: 'unknown' }]),
    )
    const { order, comeMs, insideMs, seed } = this.#rules
    const drawn = order === 'lottery' ? await store.drawn(0, DRAWN_MAX) : undefined
    return {
      rules: { order, comeMs, insideMs },
      records: [...this.#records],
      atRest: { views, figures: await store.figures() },
      ...(drawn && { draw: { ...drawn, commitment: commitmentOf(seed) } }),
    }
  }

  #moved({ called, ended }: MoveAnswer, span: Span): void {
    called.forEach(({ place, number }, nth) => {
      this.add({ kind: 'call', place, number, nth, ...span })
    })
    for (const { place, why } of ended) this.add({ kind: 'end', place, why, ...span })
  }

  async #timed<T>(of: string, ask: () => Promise<T>): Promise<{ readonly answer: T; readonly span: Span }> {
    const invokedUs = invokedNowUs()
    try {
      const answer = await ask()
      return { answer, span: { invokedUs, returnedUs: returnedNowUs() } }
    } catch (error) {
      // It may still have its effect, at any later time.
      this.add({ kind: 'unknown', of, invokedUs, returnedUs: Number.POSITIVE_INFINITY })
      throw error
    }
  }
}
