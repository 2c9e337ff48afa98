/**
 * What the engines store between two steps, as the reader sees it: read by the ledger's witness, and from
 * each engine its rows or keys with locks, holders and waiters. What differs from run to run (names of
 * schedules, moments, tokens, sessions) is put in words, so that the same position always reads the same.
 */
import type { EngineView, ViewedRow } from '../../harness/engines/engine-view.ts'
import { plain } from '../../harness/engines/wording.ts'
import { holdsAskedFor } from '../../harness/explore/look.ts'
import type { Watched } from '../../harness/explore/run.ts'
import type { Scenario } from '../../harness/explore/scenario.ts'
import type { Testbed } from '../../harness/explore/testbed.ts'
import type { StoreReading } from '../../strategies/ledgers/ledger.ts'
import type { RecordedRow, RecordedState } from './data/recording.ts'

export async function look({ testbed, prepared }: Watched, scenario: Scenario): Promise<RecordedState> {
  const { mark } = prepared
  const viewed = testbed.engineNames.map(
    async (name) => (await testbed.explorable(name)?.view?.(mark)) ?? NOTHING,
  )
  const [reading, views, accounts] = await Promise.all([
    witnessed(testbed, scenario, prepared),
    Promise.all(viewed),
    accountsOf(testbed, prepared),
  ])
  const clientOf = clientsOf(testbed)
  const isOwn = (text: string) => markIn(text) === mark
  const isRead = typeof reading !== 'string'
  return {
    taken: isRead
      ? reading.resources
          .filter(({ id }) => isOwn(id))
          .map(({ id, taken }) => [plain(id), taken] as const)
          .toSorted(byFirst)
      : [],
    holds: isRead
      ? reading.holds
          .filter(({ id }) => isOwn(id))
          .map(({ id, status, lines }) => {
            const seats = lines.map(([resource, quantity]) =>
              quantity === 1 ? resource : `${quantity} × ${resource}`,
            )
            return [plain(id), status, plain(seats.join(', '))] as const
          })
          .toSorted(byFirst)
      : [],
    ...(!isRead && { unread: reading }),
    tables: [...views.flatMap((view) => tablesOf(view, clientOf)), ...accounts],
    locks: views.flatMap(({ locks }) =>
      locks.map(
        ({ what, session, isGranted }) => [plain(what), clientOf.session(session), isGranted] as const,
      ),
    ),
    open: views.flatMap(({ inTransaction }) => inTransaction.map(clientOf.session)).toSorted(),
  }
}

const NOTHING: EngineView = { tables: [], locks: [], inTransaction: [], nowMs: Number.NaN }

function byFirst([one]: readonly [string, ...unknown[]], [other]: readonly [string, ...unknown[]]): number {
  return one < other ? -1 : one > other ? 1 : 0
}

function markIn(text: string): string | undefined {
  return /~\d+/.exec(text)?.[0]
}

/** What the witness reads, or why it reads nothing. Contradictions count only at rest, and are left out. */
async function witnessed(
  { witness, stores, clientConnections }: Testbed,
  scenario: Scenario,
  { mark, resources }: Watched['prepared'],
): Promise<StoreReading | string> {
  if (witness === undefined) return 'only the strategy can read it'
  try {
    const found = await witness.read(stores, {
      resources,
      holds: holdsAskedFor(scenario, clientConnections.length, mark),
      skip: { prefix: '' },
      begins: () => {},
    })
    return found.kind === 'read' ? found : plain(found.reason)
  } catch (error) {
    return error instanceof Error ? plain(error.message) : String(error)
  }
}

async function accountsOf(
  { witness, stores }: Testbed,
  { resources }: Watched['prepared'],
): Promise<RecordedState['tables']> {
  const accounts = (await witness?.accounts?.(stores, resources)) ?? []
  if (accounts.length === 0) return []
  const rows = accounts.map(
    ({ id, operator, budget, pending, posted }): RecordedRow => [
      [plain(id), ...[operator, budget, pending, posted].map(String)],
      [],
      [],
    ],
  )
  return [
    {
      name: 'accounts',
      columns: ['resource', 'Operator gave', 'Budget has', 'Spent: pending', 'Spent: posted'],
      rows,
    },
  ]
}

/** Who is meant by a session or a token: a client's number, or 0. */
interface ClientsOf {
  session(session: number): number
  token(token: string | undefined): readonly number[]
}

function clientsOf({ clientConnections }: Testbed): ClientsOf {
  const sessions = clientConnections.map((each) => each.sessions())
  return {
    session: (session) => sessions.findIndex((each) => each.includes(session)) + 1,
    token: (token) =>
      // Any other value may be sent by all.
      token === undefined || plain(token) !== 'token'
        ? []
        : clientConnections.flatMap((each, at) => (each.hasSent(token) ? [at + 1] : [])),
  }
}

function tablesOf({ tables, nowMs }: EngineView, clientOf: ClientsOf): RecordedState['tables'] {
  return tables.flatMap(({ name, rows }) => {
    const columns = [...new Set(rows.flatMap(({ cells }) => Object.keys(cells)))]
    const told = rows.map((row): RecordedRow => {
      const owners = clientOf.token(row.token)
      const lockedBy = row.lockedBy.map(clientOf.session)
      return [
        columns.map((column) => cellOf(row, column, nowMs)),
        [...new Set([...lockedBy, ...owners])].toSorted(),
        row.wantedBy.map(clientOf.session).toSorted(),
      ]
    })
    return rows.length === 0 ? [] : [{ name, columns, rows: told }]
  })
}

const MOMENT = /^at (-?\d+)$/
/** Milliseconds and microseconds since the Unix epoch, in a text. */
const CLOCK = /\b\d{13}(?:\d{3})?(?:\.\d+)?\b/g

function cellOf({ cells }: ViewedRow, column: string, nowMs: number): string {
  const value = cells[column] ?? ''
  const moment = MOMENT.exec(value)?.[1]
  if (moment !== undefined) return toldSpan(Number(moment) - nowMs)
  return plain(value).replaceAll(CLOCK, (digits) => {
    const ms =
      digits.length >= MICROSECOND_DIGITS && !digits.includes('.') ? Number(digits) / 1_000 : Number(digits)
    return ms > LONG_AGO_MS ? `(${toldSpan(ms - nowMs)})` : digits
  })
}

const MICROSECOND_DIGITS = 16
/** An earlier moment is a number that means something else. */
const LONG_AGO_MS = Date.UTC(2020, 0)

const SPANS: readonly (readonly [ms: number, told: string])[] = [
  [3_000, 'in 3 s'],
  [60_000, 'in 1 min'],
  [1_800_000, 'in 30 min'],
  [86_400_000, 'in 24 h'],
]

/** Rounded up to the times to live that scenarios use, so that a slow machine reads the same. */
function toldSpan(ms: number): string {
  if (ms <= 0) return 'passed'
  return SPANS.find(([most]) => ms <= most)?.[1] ?? 'years from now'
}
