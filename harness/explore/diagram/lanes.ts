/** What is stored, as lanes: a row, a lease, the accounts of a resource, each with what it was when. */
import type { Look, SeenThing } from '../look.ts'
import { CLIENT_NAMES } from '../scenario.ts'

/** Whose colour a cell has; `wrong`: more was promised than there is. */
export type CellTone = 'free' | 'other' | 'wrong' | number

interface LaneCell {
  /** The step after which it was so; 0: from the beginning. */
  readonly from: number
  readonly lines: readonly string[]
  readonly tone: CellTone
}

/** A client has the thing locked after these steps. */
interface LaneLock {
  readonly client: number
  readonly from: number
  /** The step that freed it; absent: it was never freed. */
  readonly until: number | undefined
}

export interface Lane {
  readonly title: string
  /** What kind of thing it is. */
  readonly kind: 'row' | 'lease' | 'accounts' | 'holds'
  readonly cells: readonly LaneCell[]
  readonly locks: readonly LaneLock[]
}

type Shown = Omit<LaneCell, 'from'>

/** At most three: more would leave no room for the statements. `columns`: of rows, to be shown, too. */
export function lanesOf(looks: readonly Look[], columns: readonly string[] = []): readonly Lane[] {
  const leases = named(looks, (look) => look.leases.map(({ key }) => key)).map((key) => leaseLane(looks, key))
  const rows = named(looks, (look) => look.rows.map(({ name }) => name)).map((name) =>
    rowLane(looks, name, columns),
  )
  const accounts = named(looks, (look) => look.accounts.map(({ name }) => name)).map((name) =>
    accountsLane(looks, name),
  )
  const things = [...rows, ...accounts]
  const holds = things.length > 0 || looks.every((look) => look.holds.length === 0) ? [] : [holdsLane(looks)]
  return [...leases, ...things, ...holds].slice(0, 3)
}

function named(looks: readonly Look[], of: (look: Look) => readonly string[]): readonly string[] {
  return [...new Set(looks.flatMap(of))]
}

function leaseLane(looks: readonly Look[], key: string): Lane {
  const [title = key] = key.split(':')
  return {
    title,
    kind: 'lease',
    cells: cellsOf(looks, ({ leases }) => {
      const lease = leases.find((each) => each.key === key)
      if (lease === undefined) return { lines: ['nobody'], tone: 'free' }
      return { lines: [clientName(lease.client)], tone: lease.client ?? 'other' }
    }),
    locks: [],
  }
}

function rowLane(looks: readonly Look[], name: string, columns: readonly string[]): Lane {
  return {
    title: name,
    kind: 'row',
    cells: cellsOf(looks, (look) => {
      const row = look.rows.find((each) => each.name === name)
      if (row === undefined) return { lines: ['–'], tone: 'free' }
      const { lines, tone } = holdersOf(row, look)
      return { tone, lines: [...lines, ...columns.map((column) => `${column} ${row.values[column] ?? '–'}`)] }
    }),
    locks: locksOf(looks, name),
  }
}

function accountsLane(looks: readonly Look[], name: string): Lane {
  return {
    title: name,
    kind: 'accounts',
    cells: cellsOf(looks, ({ accounts }) => {
      const { values = {} } = accounts.find((each) => each.name === name) ?? {}
      const lines = [`Budget ${values.budget}`, `pending ${values.pending}`, `Spent ${values.posted}`]
      return { lines, tone: values.budget === 0 ? 'other' : 'free' }
    }),
    locks: [],
  }
}

function holdsLane(looks: readonly Look[]): Lane {
  return {
    title: 'holds',
    kind: 'holds',
    cells: cellsOf(looks, ({ holds }) => {
      const live = holds.filter(isLive)
      return {
        lines: live.length === 0 ? ['none'] : live.map(({ id }) => nameOfHold(id)),
        tone: toneOf(live),
      }
    }),
    locks: [],
  }
}

/** Who has a row: named in it where every unit has a row of its own, else by the holds on its resource. */
function holdersOf({ name, values, capacity }: SeenThing, { holds }: Look): Shown {
  const isUnit = 'unit_no' in values
  const own = isUnit
    ? holds.filter(({ id }) => values.hold_id !== null && String(values.hold_id).startsWith(`${id}~`))
    : holds.filter(({ on, status }) => on.includes(name) && status !== 'released' && status !== 'confirmed')
  const sold = isUnit ? [] : holds.filter(({ on, status }) => on.includes(name) && status === 'confirmed')
  const live = [...sold, ...own.filter(isLive)]
  const due = own.filter(({ status }) => status === 'expired' && Number(values.taken ?? 1) > 0)
  const there = live.length > 0 ? live : due
  if (there.length === 0) return { lines: ['free'], tone: 'free' }
  const isWrong = live.length > (isUnit ? 1 : capacity)
  const word = isWrong ? 'twice:' : sold.length > 0 ? 'sold to' : live.length > 0 ? 'held by' : 'due:'
  return { lines: [word, ...namesOf(there)], tone: isWrong ? 'wrong' : toneOf(there) }
}

function namesOf(holds: readonly { readonly id: string }[]): readonly string[] {
  return holds.map(({ id }, at) => (at === 0 ? nameOfHold(id) : `and ${nameOfHold(id)}`))
}

function isLive({ status }: { readonly status: string }): boolean {
  return status === 'held' || status === 'confirmed'
}

function toneOf(holds: readonly { readonly id: string }[]): CellTone {
  const clients = new Set(holds.map(({ id }) => clientOf(id)))
  const [only] = clients
  return holds.length === 0 ? 'free' : clients.size === 1 ? (only ?? 'other') : 'other'
}

function clientOf(hold: string): number | undefined {
  const at = CLIENT_NAMES.findIndex((name) => name.toLowerCase() === hold)
  return at === -1 ? undefined : at + 1
}

function nameOfHold(hold: string): string {
  const client = clientOf(hold)
  return client === undefined ? `“${hold}”` : clientName(client)
}

function clientName(client: number | undefined): string {
  return (client === undefined ? undefined : CLIENT_NAMES[client - 1]) ?? 'another'
}

/** Only where something has changed. */
function cellsOf(looks: readonly Look[], shown: (look: Look) => Shown): readonly LaneCell[] {
  const cells: LaneCell[] = []
  for (const look of looks) {
    const cell = shown(look)
    const last = cells.at(-1)
    if (last?.tone === cell.tone && last.lines.join() === cell.lines.join()) continue
    cells.push({ from: look.step, ...cell })
  }
  return cells
}

function locksOf(looks: readonly Look[], name: string): readonly LaneLock[] {
  const locks: LaneLock[] = []
  for (const { step, rows } of looks) {
    const by = rows.find((row) => row.name === name)?.lockedBy
    const last = locks.at(-1)
    const open = last?.until === undefined ? last : undefined
    if (open?.client === by) continue
    if (open !== undefined) locks[locks.length - 1] = { ...open, until: step }
    if (by !== undefined) locks.push({ client: by, from: step, until: undefined })
  }
  return locks
}
