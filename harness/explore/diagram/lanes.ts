/** What is stored, as lanes: a row, a lock, a lease, the accounts of a resource, each with what it was. */
import type { Look, SeenThing } from '../look.ts'
import { clientName, nameOfHold, type Owners } from './owners.ts'

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
  readonly kind: 'row' | 'lock' | 'lease' | 'accounts' | 'holds'
  readonly cells: readonly LaneCell[]
  readonly locks: readonly LaneLock[]
  /** Clients that were seen waiting for it after a step, where the engine says what a session waits for. */
  readonly waits: readonly { readonly client: number; readonly step: number }[]
}

type Shown = Omit<LaneCell, 'from'>

interface Shows {
  readonly owners: Owners
  /** Of rows, to be shown besides who has the row. */
  readonly columns?: readonly string[]
}

const LANES_MAX = 3

/** At most three, and then no locks and leases: more would leave no room for the statements. */
export function lanesOf(looks: readonly Look[], { owners, columns = [] }: Shows): readonly Lane[] {
  const leases = named(looks, (look) => look.leases.map(({ key }) => key)).map((key) => leaseLane(looks, key))
  const locks = lockLanes(looks)
  const rows = named(looks, (look) => look.rows.map(({ name }) => name)).map((name) =>
    rowLane(looks, name, { owners, columns }),
  )
  const accounts = named(looks, (look) => look.accounts.map(({ name }) => name)).map((name) =>
    accountsLane(looks, name, owners),
  )
  const things = [...rows, ...accounts]
  const isTold = things.length > 0 || looks.every((look) => look.holds.length === 0)
  const holds = isTold ? [] : [holdsLane(looks, owners)]
  const lanes = [...leases, ...locks, ...things, ...holds]
  return lanes.length <= LANES_MAX ? lanes : [...things, ...holds].slice(0, LANES_MAX)
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
    waits: [],
  }
}

function lockLanes(looks: readonly Look[]): readonly Lane[] {
  const names = named(looks, (look) => look.locks.map(({ name }) => name))
  return names.map((name) => {
    const seen = ({ locks }: Look) => locks.filter((lock) => lock.name === name)
    const ownersOf = (look: Look) =>
      seen(look).flatMap(({ client, isGranted }) => (isGranted ? [client] : []))
    return {
      // What it is on is clear if there is only one.
      title: names.length === 1 ? name.replace(/ on \S+$/, '') : name,
      kind: 'lock',
      cells: cellsOf(looks, (look) => {
        const [client] = ownersOf(look)
        if (client === undefined) return { lines: ['nobody'], tone: 'free' }
        return { lines: [clientName(client)], tone: client }
      }),
      locks: locksOf(looks, ownersOf),
      waits: looks.flatMap((look) =>
        seen(look).flatMap(({ client, isGranted }) => (isGranted ? [] : [{ client, step: look.step }])),
      ),
    }
  })
}

function rowLane(looks: readonly Look[], name: string, { owners, columns = [] }: Shows): Lane {
  const rowIn = ({ rows }: Look) => rows.find((row) => row.name === name)
  return {
    title: name,
    kind: 'row',
    cells: cellsOf(looks, (look) => {
      const row = rowIn(look)
      if (row === undefined) return { lines: ['–'], tone: 'free' }
      const { lines, tone } = holdersOf(row, look, owners)
      return { tone, lines: [...lines, ...columns.map((column) => `${column} ${row.values[column] ?? '–'}`)] }
    }),
    locks: locksOf(looks, (look) => {
      const client = rowIn(look)?.lockedBy
      return client === undefined ? [] : [client]
    }),
    waits: [],
  }
}

function accountsLane(looks: readonly Look[], name: string, owners: Owners): Lane {
  return {
    title: name,
    kind: 'accounts',
    cells: cellsOf(looks, (look) => {
      const account = look.accounts.find((each) => each.name === name)
      if (account === undefined) return { lines: ['–'], tone: 'free' }
      const { budget, pending, posted } = account.values
      const { lines, tone } = holdersOf(account, look, owners)
      return { tone, lines: [...lines, `Budget ${budget}`, `pending ${pending}`, `Spent ${posted}`] }
    }),
    locks: [],
    waits: [],
  }
}

function holdsLane(looks: readonly Look[], owners: Owners): Lane {
  return {
    title: 'holds',
    kind: 'holds',
    cells: cellsOf(looks, ({ holds }) => {
      const live = holds.filter(isLive)
      return {
        lines: live.length === 0 ? ['none'] : live.map(({ id }) => nameOfHold(id, owners)),
        tone: toneOf(live, owners),
      }
    }),
    locks: [],
    waits: [],
  }
}

/** Who has a thing: named in it where every unit has a row of its own, else by the holds on its resource. */
function holdersOf({ name, values, capacity }: SeenThing, { holds }: Look, owners: Owners): Shown {
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
  const word = isWrong ? 'twice:' : sold.length > 0 ? 'sold to' : live.length > 0 ? 'held by' : 'expired:'
  const names = there.map(({ id }, at) => `${at === 0 ? '' : 'and '}${nameOfHold(id, owners)}`)
  return { lines: [word, ...names], tone: isWrong ? 'wrong' : toneOf(there, owners) }
}

function isLive({ status }: { readonly status: string }): boolean {
  return status === 'held' || status === 'confirmed'
}

function toneOf(holds: readonly { readonly id: string }[], owners: Owners): CellTone {
  const clients = new Set(holds.map(({ id }) => owners.get(id)?.client))
  const [only] = clients
  return holds.length === 0 ? 'free' : clients.size === 1 ? (only ?? 'other') : 'other'
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

/** From the step after which a client has it to the one after which it has not. */
function locksOf(looks: readonly Look[], ownersOf: (look: Look) => readonly number[]): readonly LaneLock[] {
  const locks: LaneLock[] = []
  for (const look of looks) {
    const owners = ownersOf(look)
    const open = locks.filter(({ until }) => until === undefined)
    for (const lock of open) {
      if (!owners.includes(lock.client)) locks[locks.indexOf(lock)] = { ...lock, until: look.step }
    }
    for (const client of owners) {
      if (open.every((lock) => lock.client !== client))
        locks.push({ client, from: look.step, until: undefined })
    }
  }
  return locks
}
