/**
 * Goal: a drawing says what happened to whom, and nothing else. Method: small schedules made by hand, of which is known what is
 * stale, who pauses, and who has what locked.
 */
import { describe, expect, test } from 'vitest'
import { diagram } from '../../harness/explore/diagram/diagram.ts'
import { lanesOf } from '../../harness/explore/diagram/lanes.ts'
import { overtakenIn } from '../../harness/explore/diagram/overtaken.ts'
import { answerTold, statementOf, titleTold } from '../../harness/explore/diagram/words.ts'
import type { Look } from '../../harness/explore/look.ts'
import { scenarios } from '../../harness/explore/scenario.ts'
import type { Event } from '../../harness/explore/schedule-run.ts'

const scenario = scenarios.find(({ name }) => name === 'hold') ?? expect.fail('there is no scenario hold')

function asks(step: number, client: number, text: string): Event {
  return { step, client, kind: 'asks', text }
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
  expect(lanesOf(seen)[0]).toMatchObject({
    title: 'lease',
    cells: [{ from: 0 }, { from: 1, tone: 1 }, { from: 2, tone: 'free' }, { from: 3, tone: 2 }],
  })
})

test('a lane says who has the row when, and who has it locked', () => {
  const [lane] = lanesOf(looks)
  expect(lane).toEqual({
    title: 'seat',
    kind: 'row',
    cells: [
      { from: 0, lines: ['free'], tone: 'free' },
      { from: 3, lines: ['held by', 'Alice'], tone: 1 },
      { from: 4, lines: ['twice:', 'Alice', 'and Bob'], tone: 'wrong' },
    ],
    locks: [{ client: 1, from: 1, until: 3 }],
  })
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
