/** The page: what is chosen, the board, and the address that leads to the same position again. */
import type { Challenge } from '../../data/challenge.ts'
import type { CarriedTree } from '../../data/page-data.ts'
import { type Address, addressIn, addressOf } from '../address.ts'
import { capitalized, notShownText, outcomeText, prospectText } from '../wording.ts'
import { Board } from './board.ts'
import { carriedData, treeOf } from './carried.ts'
import { type ChallengeState, isMet, showChallenge } from './challenge-panel.ts'
import { byId, fill, make, setAttribute } from './elements.ts'
import { enginePanel, engineSummary } from './engine-panel.ts'
import { keepMet, metChallenges, themeButton } from './kept.ts'
import { showMoves } from './moves.ts'
import { storyRows } from './story.ts'

const data = carriedData()
let board: Board | undefined

function carriedOf({ strategy, scenario, clients }: Omit<Address, 'moves'>): CarriedTree | undefined {
  return data.trees.find(
    (tree) => tree.strategy === strategy && tree.scenario === scenario && tree.clients === clients,
  )
}

async function open(address: Address): Promise<void> {
  const carried = carriedOf(address)
  if (carried === undefined) {
    const [other] = data.trees
    if (board === undefined && other !== undefined) await open(beginningOf(other))
    else show()
    sayNotShown(addressOf(address), address)
    return
  }
  byId('not-shown').hidden = true
  if (board?.carried !== carried) board = new Board(carried, await treeOf(carried))
  const challenge = data.challenges.find(({ id }) => id === address.challenge)
  if (board.challenge !== challenge || address.moves.length === 0) board.take(challenge)
  const isPossible = board.goTo(address.moves)
  if (!isPossible) {
    board.goTo([])
    board.refuse('The schedule in the address is not possible here: this is its beginning.')
  } else if (address.moves.length === 0) board.refuse('')
  show()
}

function beginningOf({ strategy, scenario, clients }: CarriedTree): Address {
  return { strategy, scenario, clients, moves: [] }
}

/** Above everything else: the address is that of what is shown by then. */
function sayNotShown(text: string, address?: Address): void {
  if (board === undefined) return
  const { strategy, scenario } = board.carried
  const shown = `${strategy} in “${scenario}”`
  byId('not-shown').textContent = notShownText(text, address, { data, shown })
  byId('not-shown').hidden = false
}

function show(): void {
  if (board === undefined) return
  const { node, way, at, tree } = board
  const before = at === 0 ? undefined : way.nodes[at - 1]
  byId('said').textContent = board.said
  byId('where').textContent = `Move ${at}${way.moves.length > at ? ` of ${way.moves.length}` : ''}`
  fill(byId('engine'), ...enginePanel(node.state, before?.state, tree))
  byId('engine-said').textContent = engineSummary(node.state)
  showMoves({
    node,
    at,
    clients: tree.clients,
    told: board.told,
    waiting: board.waiting,
    hinted: board.hinted,
    brief: board.brief,
    play: (token) => after(() => board?.play(token)),
    refuse: (sentence) => after(() => board?.refuse(sentence)),
  })
  showStory(board)
  showFacts(board)
  showWhole(board)
  const state = challengeState(board)
  if (state !== undefined && isMet(state)) keepMet(state.challenge.id)
  showChallenge(byId('challenge'), state)
  showChosen(board)
  for (const [id, isOn] of [
    ['undo', at > 0],
    ['start', at > 0],
    ['redo', at < way.moves.length],
    ['hint', state !== undefined && state.reachedAt === undefined],
  ] as const) {
    setAttribute(byId(id), 'aria-disabled', isOn ? undefined : 'true')
  }
  byId('hint').hidden = state === undefined
  keepAddress(addressNow(board))
}

function keepAddress(address: string): void {
  try {
    history.replaceState(undefined, '', `#${address}`)
  } catch {
    // A browser may refuse it to a page that does so very often: the next move catches up.
  }
}

function addressNow({ carried, way, at, challenge }: Board): string {
  const { strategy, scenario, clients } = carried
  const moves = way.moves.slice(0, at)
  return addressOf({ strategy, scenario, clients, moves, ...(challenge && { challenge: challenge.id }) })
}

function showStory(now: Board): void {
  const { way, at, tree } = now
  const names = Array.from(
    { length: tree.clients },
    (_, client) => ['Alice', 'Bob', 'Carol', 'Dave'][client] ?? '',
  )
  const heads = names.map((name, client) =>
    make(
      'th',
      { scope: 'col', class: `of-${client + 1}` },
      name,
      make('small', {}, (tree.calls[client] ?? []).join(', then ')),
    ),
  )
  fill(byId('story-head'), make('th', { scope: 'col' }, make('span', { class: 'unseen' }, 'Move')), heads)
  const oversoldAt = now.oversoldAt
  const rows = storyRows({
    clients: tree.clients,
    moves: way.moves,
    steps: way.steps,
    at,
    ...(oversoldAt !== undefined && { wrongAt: oversoldAt }),
    ...(oversoldAt !== undefined && { wrong: wrongFrom(now) }),
    ways: way.moves.map(
      ({ token }, place) => way.nodes[place]?.choices.find((each) => each.token === token)?.steps.length ?? 1,
    ),
    brief: now.brief,
    jump: (to) => after(() => board?.jump(to)),
    pick: (move) => after(() => board?.pick(move)),
  })
  const focused = document.activeElement
  const move = focused instanceof HTMLElement ? focused.dataset.move : undefined
  fill(byId('story'), rows)
  if (move !== undefined) byId('story').querySelector<HTMLElement>(`[data-move="${move}"]`)?.focus()
}

/** The checker's sentence at some end that can follow: the same in all, since it has happened. */
function wrongFrom({ node }: Board): string {
  let at = node
  for (;;) {
    if (at.end !== undefined) return at.end.message ?? ''
    const next = at.choices.flatMap(({ steps }) => steps)[0]
    if (next === undefined) return ''
    at = next.to
  }
}

function showFacts(now: Board): void {
  const { carried, node, prospects, verdict } = now
  const end = byId('prospect')
  end.textContent = verdict ?? prospectText(prospects.of(node))
  end.className = verdict === undefined ? 'quiet' : node.end?.verdict === 'valid' ? 'good' : 'bad'
  byId('facts').textContent =
    `${capitalized(carried.technique)}. ${outcomeText(carried)}${carried.before === undefined ? '' : ` Before: ${carried.before}.`}`
  const schedule = addressNow(now).split('/').slice(0, 5).join('/').replaceAll(/~\d/g, '')
  byId('replay').textContent = now.at === 0 ? '' : `holdfast replay ${schedule}`
  byId('replay-line').hidden = now.at === 0 || !data.replayable.includes(carried.strategy)
}

/** The last move's statements and answers, with nothing shortened. */
function showWhole({ lastEvents, brief }: Board): void {
  const long = lastEvents.filter(
    ({ text, kind }) => (kind === 'asks' || kind === 'answers') && brief(text) !== text,
  )
  byId('whole').hidden = long.length === 0
  fill(
    byId('whole-text'),
    long.map(({ text }) => make('pre', {}, text)),
  )
}

function challengeState(now: Board): ChallengeState | undefined {
  const { challenge, routes, tree } = now
  if (challenge === undefined || routes === undefined) return undefined
  return {
    challenge,
    fewest: routes.from(tree.root)?.moves,
    reachedAt: now.reachedAt,
    chosen: now.chosen,
    schedules: tree.schedules,
    isWhole: now.prospects.of(tree.root).isWhole,
    choose: (answer) => after(() => now.answer(answer)),
    showShortest: () => after(() => now.showShortest()),
    leave: () => {
      after(() => now.take(undefined))
      byId('moves').querySelector('button')?.focus()
    },
  }
}

function after(act: () => void): void {
  byId('not-shown').hidden = true
  act()
  show()
}

function choose(name: 'strategy' | 'scenario' | 'clients'): HTMLSelectElement {
  return byId(name) as HTMLSelectElement
}

/** The lists show what is recorded together with what is chosen in the lists before. */
function showChosen({ carried, challenge }: Board): void {
  const option = (value: string, text: string, isSelected: boolean) =>
    make('option', { value, selected: isSelected }, text)
  const strategies = [...new Map(data.trees.map((tree) => [tree.strategy, tree]))]
  fill(
    choose('strategy'),
    strategies.map(([name, { technique }]) =>
      option(name, `${name}: ${technique}`, name === carried.strategy),
    ),
  )
  const own = data.trees.filter(({ strategy }) => strategy === carried.strategy)
  const scenarios = [...new Map(own.map((tree) => [tree.scenario, tree.about]))]
  fill(
    choose('scenario'),
    scenarios.map(([name, about]) => option(name, `${name}: ${about}`, name === carried.scenario)),
  )
  const counts = own
    .filter(({ scenario }) => scenario === carried.scenario)
    .map(({ clients }) => String(clients))
  fill(
    choose('clients'),
    counts.map((count) => option(count, count, count === String(carried.clients))),
  )
  const met = metChallenges()
  for (const button of byId('challenges').querySelectorAll('button')) {
    const id = button.dataset.id ?? ''
    setAttribute(button, 'aria-current', id === challenge?.id ? 'true' : undefined)
    button.classList.toggle('met', met.has(id))
    const mark = button.querySelector('.mark')
    if (mark !== null) mark.textContent = met.has(id) ? '✓ met' : ''
  }
}

/** The chosen one, or the nearest that is recorded. */
function chosenAddress(): Address {
  const strategy = choose('strategy').value
  const own = data.trees.filter((tree) => tree.strategy === strategy)
  const scenario = own.some((tree) => tree.scenario === choose('scenario').value)
    ? choose('scenario').value
    : (own[0]?.scenario ?? '')
  const counts = own.filter((tree) => tree.scenario === scenario).map((tree) => tree.clients)
  const wanted = Number(choose('clients').value)
  const clients = counts.includes(wanted) ? wanted : (counts[0] ?? 2)
  return { strategy, scenario, clients, moves: [] }
}

function startOf({ strategy, scenario, clients, id }: Challenge): Address {
  return { strategy, scenario, clients, moves: [], challenge: id }
}

const KEYS: Readonly<Record<string, (now: Board) => void>> = {
  ArrowLeft: (now) => now.jump(now.at - 1),
  u: (now) => now.jump(now.at - 1),
  Backspace: (now) => now.jump(now.at - 1),
  ArrowRight: (now) => now.jump(now.at + 1),
  r: (now) => now.jump(now.at + 1),
  Home: (now) => now.jump(0),
  End: (now) => now.jump(now.way.moves.length),
  h: (now) => now.hint(),
}

function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || board === undefined) return
  const { target } = event
  if (target instanceof HTMLSelectElement || !(byId('keys') as HTMLInputElement).checked) return
  // A box that scrolls has the arrows for itself.
  if (target instanceof HTMLElement && target.closest('.scroll') !== null && event.key.startsWith('Arrow'))
    return
  const now = board
  const act = KEYS[event.key]
  if (act !== undefined) {
    event.preventDefault()
    after(() => act(now))
  } else if (/^[1-9dlxft]$/.test(event.key)) after(() => now.play(event.key))
}

async function openHash(): Promise<void> {
  const text = readable(location.hash.slice(1))
  const address = addressIn(text)
  const [first] = data.challenges
  const [tree] = data.trees
  if (address !== undefined) {
    await open(address)
    return
  }
  const begun = first !== undefined ? startOf(first) : tree && beginningOf(tree)
  if (board === undefined && begun !== undefined) await open(begun)
  if (text !== '') sayNotShown(text)
}

function readable(hash: string): string {
  try {
    return decodeURIComponent(hash)
  } catch {
    return hash
  }
}

function begin(): void {
  themeButton(byId('theme'))
  for (const button of byId('challenges').querySelectorAll('button')) {
    button.addEventListener('click', () => {
      const challenge = data.challenges.find(({ id }) => id === button.dataset.id)
      if (challenge === undefined) return
      void open(startOf(challenge)).then(() => {
        byId('challenge').focus()
        byId('challenge').scrollIntoView({ block: 'start' })
      })
    })
  }
  for (const name of ['strategy', 'scenario', 'clients'] as const) {
    choose(name).addEventListener('change', () => void open(chosenAddress()))
  }
  const tools: Readonly<Record<string, (now: Board) => void>> = {
    undo: (now) => now.jump(now.at - 1),
    redo: (now) => now.jump(now.at + 1),
    start: (now) => now.jump(0),
    hint: (now) => now.hint(),
  }
  for (const [id, act] of Object.entries(tools)) {
    byId(id).addEventListener('click', () => {
      if (board !== undefined) after(() => board !== undefined && act(board))
    })
  }
  addEventListener('keydown', onKey)
  addEventListener('hashchange', () => void openHash())
  void openHash()
}

begin()
