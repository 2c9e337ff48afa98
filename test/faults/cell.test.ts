/**
 * Goal: a cell says what it has seen. A fault that did not strike proves nothing, whatever came out; an engine that loses
 * what it acknowledged is convicted of it; a prediction that does not come true is told. Method: a strategy in the memory of
 * this process, and faults that the test makes up.
 */
import { expect, test } from 'vitest'
import { entryFor } from '../../harness/entries/entry.ts'
import { runFaultCell } from '../../harness/faults/cell.ts'
import { type FaultKind, SAFE } from '../../harness/faults/fault.ts'
import { predicted } from '../../harness/faults/predictions.ts'
import { memory } from '../engines/memory/engine.ts'
import { FULL } from '../size.ts'
import { inMemory } from '../workloads/in-memory.ts'

/** What the strategy of the latest cell keeps its holds in; another one has lost them. */
let store = inMemory()

const entry = entryFor({
  name: 'in-memory',
  engines: ['memory'],
  promises: { clock: 'memory', contention: 'never' },
  create() {
    store = inMemory()
    return {
      createResources: (resources) => store.createResources(resources),
      hold: (request) => store.hold(request),
      confirm: (id) => store.confirm(id),
      release: (id) => store.release(id),
      availability: (ids) => store.availability(ids),
      expireDue: (limit) => store.expireDue(limit),
      close: () => store.close(),
    }
  },
})

async function cellOf(
  strike: FaultKind['strike'],
  predict: FaultKind['predict'] = () => SAFE,
  {
    prepare,
    left = [],
    ...more
  }: {
    readonly prepare?: FaultKind['prepare']
    readonly left?: readonly string[]
    readonly isForOutcomeAlone?: boolean
  } = {},
) {
  const fault: FaultKind = {
    name: 'made-up',
    title: 'made up',
    does: 'What the test says.',
    strikesIf: 'what the test says',
    needs: { durability: 'relaxed' },
    isLucky: false,
    appliesTo: () => undefined,
    predict,
    strike,
    ...(prepare && { prepare }),
  }
  const found = predicted(fault, entry, [memory])
  if (found.kind === 'not-applicable') return expect.fail(found.why)
  const engine = await memory.open({ durability: 'relaxed', env: {}, sweeps: false, log() {} })
  const engines = {
    memory: {
      ...engine,
      openNamespace: async (options: Parameters<typeof engine.openNamespace>[0]) => ({
        ...(await engine.openNamespace(options)),
        leftBehind: async () => left,
      }),
    },
  }
  const signal = new AbortController().signal
  const { subject, prediction } = found
  return (await runFaultCell({ fault, subject, prediction, seed: 1, engines, signal, ...more })).cell
}

test('a fault that did not strike proves nothing', async () => {
  const cell = await cellOf(async () => undefined, undefined, { isForOutcomeAlone: true })
  expect(cell.struck).toBeUndefined()
  expect(cell.outcome).toBeUndefined()
  expect(cell.asPredicted).toBe(false)
  expect(cell.reasons).toEqual(['not struck: what the test says was not seen'])
})

test('one that struck and did no harm is safe, as predicted', FULL, async () => {
  const cell = await cellOf(async () => 'nothing of importance')
  expect(cell).toMatchObject({ outcome: 'safe', asPredicted: true, reasons: [], lostSales: 0 })
  expect(cell.goodputPerSecond.before).toBeGreaterThan(0)
})

test(
  'an engine that loses everything makes its strategy oversell, which was not predicted',
  FULL,
  async () => {
    const cell = await cellOf(async ({ startAgain }) => {
      store = inMemory()
      await startAgain()
      return 'everything lost'
    })
    expect(cell).toMatchObject({ outcome: 'oversells', asPredicted: false })
    expect(cell.reasons).toEqual(['predicted: safe; found: oversells'])
    expect(cell.oversoldUnits).toBeGreaterThan(0)
    expect(cell.conviction).toMatch(/oversell/)
  },
)

test('a run for the outcome alone finds it, and says nothing about goodput', async () => {
  const cell = await cellOf(
    async ({ startAgain }) => {
      store = inMemory()
      await startAgain()
      return 'everything lost'
    },
    undefined,
    { isForOutcomeAlone: true },
  )
  expect(cell).toMatchObject({ outcome: 'oversells', isForOutcomeAlone: true })
  expect(cell.recoveredMs).toBeUndefined()
  expect(cell.reasons).toEqual(['predicted: safe; found: oversells'])
})

test('what is prepared is undone at the end, also where the fault fails', FULL, async () => {
  const course: string[] = []
  const prepare = async () => {
    course.push('prepared')
    return {
      async [Symbol.asyncDispose]() {
        course.push('undone')
      },
    }
  }
  const failing = cellOf(
    async () => {
      course.push('struck')
      throw new Error('it failed')
    },
    undefined,
    { prepare },
  )
  await expect(failing).rejects.toThrow('it failed')
  expect(course).toEqual(['prepared', 'struck', 'undone'])
})

test('a session that a client has left is told, and not as predicted', FULL, async () => {
  const cell = await cellOf(async () => 'nothing of importance', undefined, { left: ['a session is there'] })
  expect(cell).toMatchObject({ outcome: 'safe', asPredicted: false, leftBehind: ['a session is there'] })
  expect(cell.reasons).toEqual(['left behind: a session is there'])
})
