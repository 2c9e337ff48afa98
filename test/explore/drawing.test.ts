/**
 * Goal: a drawing says what happened to whom, and nothing else. Method: small schedules made by hand, of which is known what is
 * stale, who pauses, and who has what locked.
 */
import { describe, expect, test } from 'vitest'
import { inOrderOfCause } from '../../harness/explore/causes.ts'
import { diagram } from '../../harness/explore/diagram/diagram.ts'
import { lanesOf } from '../../harness/explore/diagram/lanes.ts'
import { overtakenIn } from '../../harness/explore/diagram/overtaken.ts'
import { ownersIn } from '../../harness/explore/diagram/owners.ts'
import { answerTold, happeningTold, statementOf, titleTold } from '../../harness/explore/diagram/words.ts'
import type { Look } from '../../harness/explore/look.ts'
import { allScenarios } from '../../harness/explore/scenario.ts'
import type { Event } from '../../harness/explore/schedule-run.ts'

function scenarioNamed(name: string) {
  return allScenarios.find((each) => each.name === name) ?? expect.fail(`there is no scenario ${name}`)
}

const scenario = scenarioNamed('hold')
const owners = ownersIn(scenario, 2)

function asks(step: number, client: number, text: string): Event {
  return { step, client, kind: 'asks', text }
}

function waits(step: number, client: number, blocker: number): Event {
  return { step, client, kind: 'waits', text: 'waits for another', blockers: [blocker] }
}

function answers(step: number, client: number, text: string): Event {
  return { step, client, kind: 'answers', text }
}

/** One row of the seat: how many units are taken, who holds one, and who has it locked. */
function look(step: number, holders: readonly string[], lockedBy?: number): Look {
  const values = { id: 'seat', taken: holders.length }
  return {
    step,
    rows: [{ name: 'seat', capacity: 1, values, ...(lockedBy !== undefined && { lockedBy }) }],
    accounts: [],
    holds: holders.map((id) => ({ id, status: 'held', on: ['seat'] })),
    leases: [],
    locks: [],
  }
}

const bothRead = [
  asks(1, 1, 'select id, free'),
  answers(1, 1, 'id: seat, free: 1'),
  asks(2, 2, 'select id, free'),
  answers(2, 2, 'id: seat, free: 1'),
]
const aliceSells = [asks(3, 1, 'commit'), answers(3, 1, 'done')]
const looks = [look(0, []), look(1, [], 1), look(2, [], 1), look(3, ['alice']), look(4, ['alice', 'bob'])]

describe('a read is stale', () => {
  test('once another has changed what was read, until the client has acted on it', () => {
    const events = [...bothRead, ...aliceSells, asks(4, 2, 'commit'), answers(4, 2, 'done')]
    expect(overtakenIn(events, looks)).toEqual([
      { client: 2, kind: 'stale', step: 3, since: 2, until: 4, read: 'free: 1' },
    ])
  })

  test('not by what the client itself has changed, nor once its try is over', () => {
    expect(overtakenIn([...bothRead.slice(0, 2), ...aliceSells], looks)).toEqual([])
    const events = [...bothRead, asks(3, 2, 'rollback'), answers(3, 2, 'done'), asks(4, 1, 'commit')]
    const later = [...looks.slice(0, 3), look(3, []), look(4, ['alice'])]
    expect(overtakenIn(events, later)).toEqual([])
  })

  test('not if another row was changed', () => {
    const other = bothRead.map((event) => ({ ...event, text: event.text.replace('seat', 'seat-b') }))
    expect(overtakenIn([...other, ...aliceSells, asks(4, 2, 'commit')], looks)).toEqual([])
  })
})

test('who has a lease that expires is paused, from the last step before until the next one', () => {
  const events: readonly Event[] = [
    asks(1, 1, 'SET lease'),
    { step: 2, client: 0, kind: 'happens', text: 'the lease expires' },
    asks(3, 2, 'SET lease'),
    asks(4, 1, 'commit'),
  ]
  const leases = (step: number, client?: number): Look => ({
    ...look(step, []),
    leases: client === undefined ? [] : [{ key: 'lease:seat', client }],
  })
  const seen = [leases(0), leases(1, 1), leases(2), leases(3, 2), leases(4, 2)]
  expect(overtakenIn(events, seen)).toEqual([{ client: 1, kind: 'paused', step: 2, since: 1, until: 4 }])
  expect(lanesOf(seen, { owners })[0]).toMatchObject({
    title: 'lease',
    cells: [{ from: 0 }, { from: 1, tone: 1 }, { from: 2, tone: 'free' }, { from: 3, tone: 2 }],
  })
})

test('a lane says who has the row when, and who has it locked', () => {
  const [lane] = lanesOf(looks, { owners })
  expect(lane).toEqual({
    title: 'seat',
    kind: 'row',
    cells: [
      { from: 0, lines: ['free'], tone: 'free' },
      { from: 3, lines: ['held by', 'Alice'], tone: 1 },
      { from: 4, lines: ['twice:', 'Alice', 'and Bob'], tone: 'wrong' },
    ],
    locks: [{ client: 1, from: 1, until: 3 }],
    waits: [],
  })
})

test('a hold belongs to the only client that asks for it, whatever its id is', () => {
  const expiry = ownersIn(scenarioNamed('expiry'), 2)
  const seen = { ...look(0, []), holds: [{ id: 'first', status: 'held' as const, on: ['seat'] }] }
  expect(lanesOf([seen], { owners: expiry })[0]?.cells).toEqual([
    { from: 0, lines: ['held by', 'Alice'], tone: 1 },
  ])
  expect(happeningTold('the deadline of first passes', expiry)).toBe(
    'the deadline of Alice’s hold “first” passes',
  )
  const shared = { ...seen, holds: [{ id: 'same', status: 'held' as const, on: ['seat'] }] }
  expect(lanesOf([shared], { owners: ownersIn(scenarioNamed('same-id'), 2) })[0]?.cells).toEqual([
    { from: 0, lines: ['held by', '“same”'], tone: 'other' },
  ])
})

test('accounts say whose the unit is', () => {
  const account = (budget: number, pending: number) => [
    { name: 'seat', capacity: 1, values: { budget, pending, posted: 0 } },
  ]
  const seen = [
    { ...look(0, []), rows: [], accounts: account(1, 0) },
    { ...look(1, ['alice']), rows: [], accounts: account(0, 1) },
  ]
  expect(lanesOf(seen, { owners })[0]?.cells).toEqual([
    { from: 0, lines: ['free', 'Budget 1', 'pending 0', 'Spent 0'], tone: 'free' },
    { from: 1, lines: ['held by', 'Alice', 'Budget 0', 'pending 1', 'Spent 0'], tone: 1 },
  ])
})

describe('a lock that is passed on', () => {
  const events: readonly Event[] = [
    asks(1, 1, 'select for update'),
    answers(1, 1, '1 row'),
    asks(2, 2, 'select for update'),
    waits(2, 2, 1),
    asks(3, 1, 'commit'),
    answers(3, 1, 'done'),
    { step: 3, client: 1, kind: 'ends', text: 'hold seat as alice: held' },
    answers(3, 2, '1 row'),
    asks(4, 2, 'rollback'),
    answers(4, 2, 'done'),
  ]
  const schedule = { strategy: 'any', scenario: 'hold', clients: 2, steps: ['1', '2', '1', '2'] }
  const passed = [look(0, []), look(1, [], 1), look(2, [], 1), look(3, ['alice'], 2), look(4, ['alice'])]
  const spans = (svg: string, kind: string) =>
    [
      ...svg.matchAll(
        new RegExp(`class="${kind}" x1="[\\d.]+" y1="([\\d.]+)" x2="[\\d.]+" y2="([\\d.]+)"`, 'g'),
      ),
    ].map(([, from, until]) => ({ from: Number(from), until: Number(until) }))

  test('is had by one until the place from which the other has it', () => {
    const svg = diagram({ schedule, scenario, events, wrong: undefined, looks: passed })
    const [first] = spans(svg, 'locked l1')
    const [second] = spans(svg, 'locked l2')
    expect(first?.until).toBeGreaterThan(0)
    expect(second?.from).toBe(first?.until)
    expect(spans(svg, 'wait l2')[0]?.until).toBe(first?.until)
    expect(spans(svg, 'awaited l2')[0]?.until).toBe(first?.until)
    // What the first has written is there from the same place on.
    expect(svg).toContain(`class="b1" x="${/class="edge" x1="([\d.]+)"/.exec(svg)?.[1]}" y="${first?.until}"`)
  })

  test('is waited for in its own lane, where the engine says so', () => {
    const lock = { name: 'advisory lock on seat', client: 1, isGranted: true }
    const looked = passed.map((each) => ({
      ...each,
      locks:
        each.step === 2 ? [lock, { ...lock, client: 2, isGranted: false }] : each.step === 1 ? [lock] : [],
    }))
    const [own, row] = lanesOf(looked, { owners })
    expect(own).toMatchObject({
      title: 'advisory lock',
      cells: [{ from: 0, lines: ['nobody'] }, { from: 1, lines: ['Alice'], tone: 1 }, { from: 3 }],
      locks: [{ client: 1, from: 1, until: 3 }],
      waits: [{ client: 2, step: 2 }],
    })
    expect(row?.waits).toEqual([])
    expect(
      spans(diagram({ schedule, scenario, events, wrong: undefined, looks: looked }), 'awaited l2'),
    ).toHaveLength(1)
  })
})

test('who is ended by the engine is told before those who go on because of it', () => {
  const events = [
    asks(1, 2, 'select for update'),
    waits(1, 2, 1),
    answers(1, 1, '1 row'),
    answers(1, 2, '40P01 deadlock detected'),
  ]
  expect(inOrderOfCause(events)).toEqual([events[0], events[1], events[3], events[2]])
  const inTurn = [asks(1, 1, 'commit'), answers(1, 1, 'done'), answers(1, 2, '40001 could not serialize')]
  expect(inOrderOfCause(inTurn)).toEqual(inTurn)
})

describe('words', () => {
  test('of a random value name its owner, and those of a token its number', () => {
    expect(statementOf(asks(1, 2, 'DELIFEQ lease:seat token'), 99)).toBe('DELIFEQ lease:seat Bob’s-id')
    expect(statementOf(asks(1, 1, 'script “take the lease” lease:seat token:seat'), 99)).toContain(
      'token:seat',
    )
    expect(answerTold('token 33', 99)).toBe('token 33')
  })

  test('of a conditional update keep its condition', () => {
    const text =
      "with claimed as ( update resource set taken = taken + 1, version = version + 1 where id = 'seat' and taken + 1 <= capacity returning id ) insert into hold …"
    expect(statementOf(asks(1, 1, text), 99)).toBe(
      'update resource set taken = taken + 1 where taken + 1 <= capacity; insert hold',
    )
  })

  test('of statements that all techniques share say what they do, and keep what they travel with', () => {
    const confirm =
      "with locked as materialized ( select id from hold where id = 'first' and status = 'held' for update ), confirmed as ( update hold set status = 'confirmed' where id in (select id from locked) ) select count(*)::integer as confirmed from confirmed"
    expect(statementOf(asks(1, 1, confirm), 99)).toBe(
      "update hold set status = 'confirmed' where id = 'first' and deadline > clock_timestamp()",
    )
    const lock =
      "begin read committed; select pg_advisory_xact_lock(key) from ( select hashtextextended(current_schema() || ' ' || id, 0) as key from unnest({seat}::text[]) id order by key ) in_order"
    expect(statementOf(asks(1, 1, lock), 99)).toBe("begin; select pg_advisory_xact_lock( hash of 'seat' )")
    expect(statementOf(asks(1, 1, 'insert into hold select 1; commit'), 99)).toMatch(/; commit$/)
  })

  test('of an answer leave out what the statement does not show', () => {
    expect(answerTold('version: 3', 99)).toBe('1 row')
    expect(answerTold('confirmed: 0', 99)).toBe('0 rows')
    expect(answerTold('resource_id: seat, short: true, due: false', 99)).toBe('short: true, due: false')
    expect(answerTold('0', 99, 'DELIFEQ lease:seat token')).toBe('0 deleted')
    expect(answerTold('1', 99, 'INCR token:seat')).toBe('1')
  })

  test('of a title say who is told what', () => {
    const ends = (client: number, text: string): Event => ({ step: 9, client, kind: 'ends', text })
    const events = [ends(2, 'hold seat as bob: sold out'), ends(1, 'hold seat as alice: held')]
    expect(titleTold(scenario, events, undefined)).toBe('Alice’s hold: held, Bob’s hold: sold out')
    expect(titleTold(scenario, events, { step: 1, message: 'sold twice' })).toBe('sold twice')
  })
})

test('without anything that was read, a drawing has no lanes, and is still one', () => {
  const schedule = { strategy: 'any', scenario: 'hold', clients: 2, steps: ['1', '2'] }
  const svg = diagram({ schedule, scenario, events: bothRead, wrong: undefined })
  expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/)
  expect(svg).not.toContain('class="lane"')
})
