/**
 * The fourteen anomalies that transactions of at most four reads and writes can show, each as the order of
 * steps that provokes it: the catalogue of "Boosting End-to-End Database Isolation Checking via
 * Mini-Transactions" (ICDE 2025), which is Adya's G1, read skew, lost update and write skew, with what
 * sessions and causality add. Rows x and y are 0 before. Every value is written once, so that a read shows
 * whose write it saw.
 */
import type { Letter } from './session.ts'

type Row = 'x' | 'y'

/** `r`: reads a row. `w`: sets it to this value. */
export type ProbeStep =
  | `${Letter} ${'begin' | 'commit' | 'rollback'}`
  | `${Letter} r ${Row}`
  | `${Letter} w ${Row} ${1 | 2 | 3}`

/** What happened when the steps were taken. */
export interface Happened {
  /** What this session read of the row, in order; empty for reads of a transaction that was not committed. */
  read(by: Letter, row: Row): readonly unknown[]
}

export interface Anomaly {
  readonly name: string
  /** As Adya or Berenson call it, if they do. */
  readonly alias?: string
  readonly about: string
  /** What is not between a begin and its end is a transaction by itself. */
  readonly steps: readonly ProbeStep[]
  occurs(happened: Happened): boolean
}

const isOne = (values: readonly unknown[], value: number): boolean => values.some((each) => each === value)
const is = (values: readonly unknown[], ...wanted: readonly number[]): boolean =>
  values.length === wanted.length && wanted.every((value, at) => values[at] === value)

export const anomalies: readonly Anomaly[] = [
  {
    name: 'thin-air read',
    about: 'a value is read that nobody wrote',
    steps: ['A begin', 'A w x 1', 'B begin', 'B r x', 'B r y', 'A commit', 'B commit'],
    occurs: ({ read }) => [...read('B', 'x'), ...read('B', 'y')].some((value) => value !== 0 && value !== 1),
  },
  {
    name: 'aborted read',
    alias: 'G1a',
    about: 'a value is read that was rolled back',
    steps: ['A begin', 'A w x 1', 'B begin', 'B r x', 'A rollback', 'B r x', 'B commit'],
    occurs: ({ read }) => isOne(read('B', 'x'), 1),
  },
  {
    name: 'future read',
    about: 'a transaction reads what it writes only later',
    steps: ['A begin', 'A r x', 'A w x 1', 'A commit'],
    occurs: ({ read }) => isOne(read('A', 'x'), 1),
  },
  {
    name: 'not my last write',
    about: 'a transaction reads an earlier write of its own',
    steps: ['A begin', 'A w x 1', 'A w x 2', 'A r x', 'A commit'],
    occurs: ({ read }) => isOne(read('A', 'x'), 1),
  },
  {
    name: 'not my own write',
    about: 'a transaction that wrote a row reads what another one left there',
    steps: ['A begin', 'B w x 2', 'A w x 1', 'A r x', 'A commit'],
    occurs: ({ read }) => read('A', 'x').some((value) => value !== 1),
  },
  {
    name: 'intermediate read',
    alias: 'G1b',
    about: 'a value is read that its transaction replaced before it committed',
    steps: ['A begin', 'A w x 1', 'B begin', 'B r x', 'A w x 2', 'B r x', 'A commit', 'B commit'],
    occurs: ({ read }) => isOne(read('B', 'x'), 1),
  },
  {
    name: 'non-repeatable read',
    alias: 'P2',
    about: 'a row is read twice, and has changed',
    steps: ['B begin', 'B r x', 'A w x 1', 'B r x', 'B commit'],
    occurs: ({ read }) => is(read('B', 'x'), 0, 1),
  },
  {
    name: 'session guarantee violation',
    about: 'a session does not see what it committed itself',
    steps: ['A begin', 'A w x 1', 'A commit', 'A begin', 'A r x', 'A commit'],
    occurs: ({ read }) => isOne(read('A', 'x'), 0),
  },
  {
    name: 'non-monotonic read',
    alias: 'OTV',
    about: 'a transaction sees one write of another transaction, and afterwards not its other one',
    steps: ['B begin', 'A begin', 'A w x 1', 'A w y 1', 'A commit', 'B r y', 'B r x', 'B commit'],
    occurs: ({ read }) => isOne(read('B', 'y'), 1) && isOne(read('B', 'x'), 0),
  },
  {
    name: 'fractured read',
    alias: 'A5A, G-single',
    about: 'a transaction sees one write of another transaction, and before it not its other one',
    steps: ['B begin', 'B r x', 'A begin', 'A w x 1', 'A w y 1', 'A commit', 'B r y', 'B commit'],
    occurs: ({ read }) => isOne(read('B', 'x'), 0) && isOne(read('B', 'y'), 1),
  },
  {
    name: 'causality violation',
    about: 'a transaction sees an answer to a write, and not the write',
    steps: ['C begin', 'C r x', 'A w x 1', 'B begin', 'B r x', 'B w y 2', 'B commit', 'C r y', 'C commit'],
    occurs: ({ read }) => isOne(read('B', 'x'), 1) && isOne(read('C', 'x'), 0) && isOne(read('C', 'y'), 2),
  },
  {
    name: 'long fork',
    about: 'two transactions see two writes in opposite orders',
    steps: [
      ...(['B begin', 'B r y', 'C begin', 'C r x', 'A w x 1', 'A w y 2'] as const),
      ...(['B r x', 'C r y', 'B commit', 'C commit'] as const),
    ],
    occurs: ({ read }) =>
      isOne(read('B', 'y'), 0) &&
      isOne(read('B', 'x'), 1) &&
      isOne(read('C', 'x'), 0) &&
      isOne(read('C', 'y'), 2),
  },
  {
    name: 'lost update',
    alias: 'P4',
    about: 'two transactions read a row, both write it, and one has not seen the other',
    steps: ['A begin', 'B begin', 'A r x', 'B r x', 'A w x 1', 'A commit', 'B w x 2', 'B commit'],
    occurs: ({ read }) => is(read('A', 'x'), 0) && is(read('B', 'x'), 0),
  },
  {
    name: 'write skew',
    alias: 'A5B, G2-item',
    about: 'two transactions read two rows, and each writes the one that the other does not',
    steps: [
      ...(['A begin', 'B begin', 'A r x', 'A r y', 'B r x', 'B r y'] as const),
      ...(['A w x 1', 'B w y 2', 'A commit', 'B commit'] as const),
    ],
    occurs: ({ read }) => is(read('A', 'y'), 0) && is(read('B', 'x'), 0),
  },
]

/** Without these a level is at least READ COMMITTED, as PostgreSQL has it. */
export const OF_READ_COMMITTED: readonly string[] = [
  'thin-air read',
  'aborted read',
  'future read',
  'not my last write',
  'not my own write',
  'intermediate read',
  'session guarantee violation',
  'non-monotonic read',
]

/** The strongest usual level that nothing contradicts, by the names of what occurs. */
export function levelOf(occurring: readonly string[]): string {
  if (occurring.some((name) => OF_READ_COMMITTED.includes(name))) return 'weaker than read committed'
  if (occurring.some((name) => name !== 'write skew')) return 'read committed'
  return occurring.length > 0 ? 'snapshot isolation' : 'serializable'
}
