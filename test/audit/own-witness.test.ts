/**
 * Goal: what a witness of one's own reads counts like what the registry's read. Method: a file as a user
 * would write it, with a store in memory and a witness for it that is right, wrong, or finds something else.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { entryFor, type OwnWitness } from '../../harness/entries/entry.ts'
import { loadOwnStrategy } from '../../harness/entries/own-strategy.ts'
import { runTrial } from '../../harness/trial/trial.ts'
import { drain } from '../../harness/workloads/drain.ts'
import type { StoredHold } from '../../strategies/ledgers/ledger.ts'
import { ledgers } from '../../strategies/ledgers/registry.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import type { HoldId, ReservationStrategy } from '../../strategies/strategy.ts'
import { inMemory } from '../workloads/in-memory.ts'

const WORKLOADS = path.join(import.meta.dirname, '../workloads/in-memory.ts')

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'holdfast-own-witness-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
})

/** Keeps a book of holds beside the strategy, as its store. */
function booked() {
  const book = new Map<HoldId, StoredHold>()
  const right = inMemory()
  const end = (id: HoldId, status: StoredHold['status']) => {
    const hold = book.get(id)
    if (hold !== undefined) book.set(id, { ...hold, status })
  }
  const strategy: ReservationStrategy = {
    ...right,
    async hold(request) {
      const outcome = await right.hold(request)
      const lines = request.lines.map(({ resourceId, quantity }) => [resourceId, quantity] as const)
      if (outcome.kind === 'held' && !book.has(request.holdId)) {
        book.set(request.holdId, {
          id: request.holdId,
          status: 'held',
          lines,
          deadlineMs: outcome.deadlineMs,
        })
      }
      return outcome
    },
    async confirm(id) {
      const outcome = await right.confirm(id)
      if (outcome.kind === 'confirmed') end(id, 'confirmed')
      return outcome
    },
    async release(id) {
      const outcome = await right.release(id)
      if (outcome.kind === 'released') end(id, 'released')
      return outcome
    },
  }
  const witness: OwnWitness = {
    async read(_stores, { resources, begins }) {
      begins()
      const holds = [...book.values()].map((hold) =>
        hold.status === 'held' && hold.deadlineMs <= Date.now()
          ? { ...hold, status: 'expired' as const }
          : hold,
      )
      const live = holds.filter(({ status }) => status === 'held' || status === 'confirmed')
      const units = live.flatMap(({ lines }) => lines)
      return {
        kind: 'read',
        resources: resources.map(({ id }) => ({
          id,
          taken: units.reduce((sum, [of, quantity]) => sum + (of === id ? quantity : 0), 0),
        })),
        holds,
        complaints: [],
      }
    },
    status: async (_stores, id) => book.get(id)?.status ?? 'none',
    sold: async () => ({ kind: 'read', units: new Map(), complaints: [] }),
  }
  return { strategy, witness }
}

async function trialOf(entry: StrategyEntry) {
  const settings = { workload: drain, concurrency: 8, durationMs: 200, warmupMs: 0, repeat: 1, seed: 5 }
  return runTrial(entry, {}, { ...settings, poolSize: 1, criticalSectionMs: 0 })
}

test('what it reads is part of the history, and nothing is said to be unread', async () => {
  const { strategy, witness } = booked()
  const { trial, history } = await trialOf(entryFor({ name: 'own', create: () => strategy, witness }))
  expect(trial.verdict, trial.conviction).toBe('valid')
  expect(trial.storeNotRead).toBeUndefined()
  const audit = [...history].at(-1)
  expect(audit?.type === 'audit' && audit.holds.length).toBeGreaterThan(0)
})

test('a store that has not what was sold convicts, whatever the buyers were told', async () => {
  const { strategy, witness } = booked()
  const forgetful: OwnWitness = {
    ...witness,
    read: async () => ({ kind: 'read', resources: [], holds: [], complaints: [] }),
  }
  const { trial } = await trialOf(entryFor({ name: 'own', create: () => strategy, witness: forgetful }))
  expect(trial.verdict).toBe('invalid')
  expect(trial.violations.map(({ message }) => message).join('\n')).toMatch(
    /was confirmed, but is not stored/,
  )
})

test('one that finds something else leaves nothing proven', async () => {
  const { strategy, witness } = booked()
  const lost: OwnWitness = {
    ...witness,
    read: async () => ({ kind: 'not-read', reason: 'there are no tables' }),
  }
  const { trial } = await trialOf(entryFor({ name: 'own', create: () => strategy, witness: lost }))
  expect(trial.verdict).toBe('unknown')
  expect(trial.verdictReasons[0]).toBe(
    'the store is not the ledger that the strategy names (its own): there are no tables',
  )
})

test('a file may bring one, and what it leaves out is filled in', async () => {
  const file = path.join(folder, 'mine.ts')
  await writeFile(
    file,
    `export { inMemory as create } from ${JSON.stringify(WORKLOADS)}
     export const engines = []
     export const witness = {
       read: async () => ({ kind: 'not-read', reason: 'it was asked' }),
       status: async () => 'none',
       sold: async () => ({ kind: 'not-read', reason: 'it was asked' }),
     }`,
  )
  const entry = await loadOwnStrategy(file)
  expect((await entry.ledger?.witness())?.keepsResourcesIn).toEqual([])
  const { trial } = await trialOf(entry)
  expect(trial.verdictReasons[0]).toContain('it was asked')
})

test('a ledger and a witness are one too many, and a ledger needs its engines', () => {
  const { strategy, witness } = booked()
  const own = { name: 'own', create: () => strategy }
  expect(() => entryFor({ ...own, witness, ledger: 'counter-rows' })).toThrow(
    'has both a ledger and a witness',
  )
  expect(() => entryFor({ ...own, ledger: 'counter-rows' })).toThrow('does not use postgres')
  expect(() => entryFor({ ...own, ledger: 'counters' })).toThrow(
    'no ledger is called "counters"; there are counter-rows, unit-rows, seat-keys, lua-record, hash-fields, transfers',
  )
})

test('every strategy of the registry states a ledger that its engines keep, and every ledger is stated', () => {
  for (const { name, engines, ledger } of registry) {
    expect(
      ledger?.engines.every((engine) => engines.includes(engine)),
      name,
    ).toBe(true)
  }
  expect(new Set(registry.map(({ ledger }) => ledger))).toEqual(new Set(ledgers))
})
