/**
 * Goal: the search goes every way that there is, and says which it could not go again. Method: small machines
 * in the place of an engine, the way there is counted by hand.
 */
import { expect, test } from 'vitest'
import type { Footprint } from '../../harness/explore/footprint.ts'
import type { Choice } from '../../harness/explore/schedule-run.ts'
import { NotRepeatableError, Search } from '../../harness/explore/search.ts'

const DEPENDENT: Footprint = { touches: 'everything', begins: false, ends: false }
const INDEPENDENT: Footprint = { touches: [], begins: false, ends: false }
const NO_TWINS = new Map<number, readonly number[]>()
const RUNS_MAX = 2_000

/**
 * What the next steps are after these, and what the last of them touched; `isPicked`: whether that was the
 * engine's choice.
 */
type Machine = (steps: readonly string[]) => {
  readonly choices: readonly Choice[]
  readonly footprint?: Footprint
  readonly isPicked?: boolean
}

/** Every schedule that was run to its end, in order. */
function explored(search: Search, machine: Machine): readonly string[] {
  const whole: string[] = []
  for (let runs = 0; !search.isOver; runs++) {
    if (runs > RUNS_MAX) throw new Error('the search does not end')
    const steps: string[] = []
    for (;;) {
      const { choices, footprint = DEPENDENT, isPicked = false } = machine(steps)
      if (steps.length > 0) search.done({ footprint, isPicked, answers: '' })
      if (choices.length === 0) {
        whole.push(steps.join('.'))
        break
      }
      const token = search.choose(choices, steps.length + 1)
      if (token === undefined) break
      steps.push(token)
    }
    search.turn()
  }
  return whole
}

const choice = (client: number, text = 'step'): Choice => ({ token: String(client), text, shape: text })

/** Each client makes so many steps. */
const steady =
  (clients: number, each: number, footprint: Footprint): Machine =>
  (steps) => ({
    choices: Array.from({ length: clients }, (_, at) => at + 1)
      .filter((client) => steps.filter((step) => step === String(client)).length < each)
      .map((client) => choice(client)),
    footprint,
  })

test('every order of dependent steps is run once', () => {
  const whole = explored(new Search('order', NO_TWINS), steady(2, 2, DEPENDENT))
  expect(whole.toSorted()).toEqual(['1.1.2.2', '1.2.1.2', '1.2.2.1', '2.1.1.2', '2.1.2.1', '2.2.1.1'])
})

test('one order of independent steps is run', () => {
  expect(explored(new Search('order', NO_TWINS), steady(3, 2, INDEPENDENT))).toHaveLength(1)
  expect(explored(new Search('nothing', NO_TWINS), steady(3, 2, INDEPENDENT))).toHaveLength(90)
})

test('of those who want the same it does not matter who is who', () => {
  const twins = new Map([
    [2, [1]],
    [3, [1, 2]],
  ])
  const whole = explored(new Search('order and names', twins), steady(3, 2, DEPENDENT))
  // 90 orders, and six ways to name three.
  expect(whole).toHaveLength(15)
  for (const schedule of whole) expect(schedule).toMatch(/^1.*2.*3/)
  const pair = explored(new Search('order and names', new Map([[3, [2]]])), steady(3, 2, DEPENDENT))
  expect(pair).toHaveLength(45)
})

/**
 * The engine picks after the first step: who is next is `pick` of how often it has picked. Then there are two
 * ways to go on.
 */
function picking(pick: (time: number) => number): Machine {
  let times = 0
  return (steps) => {
    if (steps.length === 0) return { choices: [choice(1)] }
    if (steps.length === 1) return { choices: [choice(pick(++times), 'goes on')], isPicked: true }
    return { choices: steps.length === 2 ? [choice(1), choice(4)] : [] }
  }
}

test('whatever the engine picks is gone through', () => {
  const search = new Search('order', NO_TWINS)
  const whole = explored(
    search,
    picking((time) => 2 + (time % 2)),
  )
  expect(whole.toSorted()).toEqual(['1.2.1', '1.2.4', '1.3.1', '1.3.4'])
  expect(search.givenUp).toBe(0)
})

test('what it picked once and never again is given up, and counted', () => {
  const search = new Search('order', NO_TWINS)
  const whole = explored(
    search,
    picking((time) => (time === 1 ? 3 : 2)),
  )
  expect(whole.toSorted()).toEqual(['1.2.1', '1.2.4', '1.3.1'])
  expect(search.givenUp).toBe(1)
})

test('what depends on more than the schedule is no search', () => {
  let asked = 0
  const fickle: Machine = (steps) => ({
    choices: steps.length < 2 ? [choice(1, String(++asked)), choice(2)] : [],
  })
  expect(() => explored(new Search('order', NO_TWINS), fickle)).toThrow(NotRepeatableError)
})
