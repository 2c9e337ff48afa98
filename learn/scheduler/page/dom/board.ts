/** The board: a tree, the line of moves on it, and how many of them are made. */
import type { Challenge, ChallengeAnswer } from '../../data/challenge.ts'
import type { CarriedTree } from '../../data/page-data.ts'
import type { RecordedEvent } from '../../data/recording.ts'
import { type Move, Prospects, Routes, type Way, wayOf } from '../game.ts'
import type { UnpackedTree } from '../unpack.ts'
import { counted, isClient, nameOf, rewritingText, sentenceOf, whatNext } from '../wording.ts'

export class Board {
  readonly carried: CarriedTree
  readonly tree: UnpackedTree
  readonly prospects = new Prospects()
  challenge: Challenge | undefined
  routes: Routes | undefined
  chosen: ChallengeAnswer | undefined
  way: Way
  at = 0
  hinted: string | undefined
  /** What is said of the last thing that the reader did. */
  said = ''

  constructor(carried: CarriedTree, tree: UnpackedTree) {
    this.carried = carried
    this.tree = tree
    this.way = { moves: [], steps: [], nodes: [tree.root], rewritings: [] }
  }

  take(challenge: Challenge | undefined): void {
    this.challenge = challenge
    this.chosen = undefined
    this.routes = challenge === undefined ? undefined : new Routes(challenge.goal, this.prospects)
  }

  get node() {
    return this.way.nodes[this.at] ?? this.tree.root
  }

  readonly brief = (text: string): string => this.tree.briefs.get(text) ?? text

  /** Returns whether these moves are possible. */
  goTo(moves: readonly Move[]): boolean {
    const way = wayOf(this.tree.root, moves)
    if (way === undefined) return false
    this.#follow(way)
    return true
  }

  play(token: string, way = 0): void {
    const before = this.way.moves.slice(0, this.at)
    const next = this.way.moves[this.at]
    // The same move again keeps what came after it.
    if (next?.token === token && next.way === way) {
      this.jump(this.at + 1)
      return
    }
    const found = wayOf(this.tree.root, [...before, { token, way }])
    if (found === undefined) {
      const client = isClient(token) ? Number(token) : 0
      const why =
        client > 0 && client <= this.tree.clients
          ? whatNext(this.node, client, { waiting: this.waiting[client - 1] })
          : ''
      this.refuse(why === '' ? 'That cannot happen now.' : `${nameOf(client)} ${why}.`)
      return
    }
    this.#follow(found)
  }

  #follow(way: Way): void {
    this.way = way
    this.at = way.moves.length
    this.hinted = undefined
    this.said = [...way.rewritings.map(rewritingText), this.#told()].join(' ')
  }

  jump(to: number): void {
    this.at = Math.max(0, Math.min(to, this.way.moves.length))
    this.hinted = undefined
    this.said = this.at === 0 ? 'At the start.' : this.#told()
  }

  pick(move: number): void {
    const token = this.way.moves[move]?.token ?? ''
    const node = this.way.nodes[move]
    const count = node?.choices.find((each) => each.token === token)?.steps.length ?? 1
    const now = this.way.moves[move]?.way ?? 0
    this.at = move
    this.play(token, (now + 1) % count)
  }

  refuse(sentence: string): void {
    this.said = sentence
  }

  answer(answer: ChallengeAnswer): void {
    this.chosen = answer
    this.said = answer.reply
  }

  hint(): void {
    const best = this.#shortestFromHere()
    this.hinted = best?.token
    if (best !== undefined) this.said = `${counted(best.moves, 'more move')}: ${this.#actor(best.token)}.`
    else if (this.prospects.of(this.node).isWhole) {
      this.said = 'From here it cannot be reached any more: undo some moves.'
    } else this.said = 'No recorded schedule leads there from here: undo some moves.'
  }

  /** Also by moves that were recorded elsewhere. */
  #shortestFromHere(): { readonly token: string; readonly moves: number } | undefined {
    const { routes } = this
    if (routes === undefined) return undefined
    const before = this.way.moves.slice(0, this.at)
    const all = this.node.choices.flatMap(({ token, steps }) => {
      const ways = steps.length === 0 ? [0] : [...steps.keys()]
      return ways.flatMap((way) => {
        const found = wayOf(this.tree.root, [...before, { token, way }])
        const step = found?.steps.at(-1)
        if (step === undefined) return []
        const rest = routes.isReachedBy(step) ? 0 : routes.from(step.to)?.moves
        return rest === undefined ? [] : [{ token, moves: rest + 1 }]
      })
    })
    return all.sort((one, other) => one.moves - other.moves)[0]
  }

  #actor(token: string): string {
    if (isClient(token)) return `${nameOf(Number(token))} goes next`
    return this.node.choices.find((each) => each.token === token)?.text ?? ''
  }

  showShortest(): void {
    if (this.routes === undefined) return
    this.goTo(this.routes.whole(this.tree.root))
    this.jump(0)
    this.said = 'The shortest way is laid out below: step through it.'
  }

  get lastEvents(): readonly RecordedEvent[] {
    return this.way.steps[this.at - 1]?.events ?? []
  }

  #told(): string {
    const events = this.lastEvents.map((event) => sentenceOf(event, this.brief)).filter((text) => text !== '')
    const end = this.node.end === undefined ? '' : ` ${this.verdict ?? ''}`
    const over = this.oversoldAt === this.at ? ' Oversold.' : ''
    const goal = this.reachedAt === this.at ? ' That is what was asked for.' : ''
    return `Move ${this.at}. ${events.join(' ')}${over}${goal}${end}`
  }

  /** At an end: what the checker found. */
  get verdict(): string | undefined {
    const { end } = this.node
    if (end === undefined) return undefined
    if (end.verdict === 'valid') return 'All have finished: every rule was kept.'
    if (end.verdict === 'unknown') return 'All have finished: the checker could not decide.'
    return `All have finished. ${end.isOversold ? 'Oversold' : 'A rule was broken'}: ${end.message ?? ''}`
  }

  /** The move at which more units were promised than there are, if that is certain by now. */
  get oversoldAt(): number | undefined {
    const at = this.way.nodes.slice(0, this.at + 1).findIndex((node) => this.prospects.isOversold(node))
    return at === -1 ? undefined : at
  }

  /** After how many moves of this line, up to now, the goal of the challenge was reached. */
  get reachedAt(): number | undefined {
    const { routes } = this
    if (routes === undefined) return undefined
    const at = this.way.steps.slice(0, this.at).findIndex((step) => routes.isReachedBy(step))
    return at === -1 ? undefined : at + 1
  }

  /** Of each buyer what the last of the calls was told. */
  get told(): readonly (string | undefined)[] {
    return this.#lastOf('ends').map((text) => text?.split(': ').at(-1))
  }

  /** Of each buyer for whom the last wait was. */
  get waiting(): readonly (string | undefined)[] {
    return this.#lastOf('waits')
  }

  #lastOf(wanted: RecordedEvent['kind']): readonly (string | undefined)[] {
    const events = this.way.steps.slice(0, this.at).flatMap((step) => step.events)
    return Array.from(
      { length: this.tree.clients },
      (_, at) => events.findLast(({ client, kind }) => client === at + 1 && kind === wanted)?.text,
    )
  }
}
