/**
 * One side of a bench: one strategy at one level, loaded until all payments are settled, and what that
 * took.
 */
import { randomBytes } from 'node:crypto'
import { cpus } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { monotonicMs } from '../../harness/clock.ts'
import type { Engines } from '../../harness/engines/open.ts'
import { UNLIMITED } from '../../harness/service/settings.ts'
import type { Venue } from '../../harness/service/venue.ts'
import { processCpuMs, programsCpuSince, serversCpuMs } from '../../harness/trial/servers-cpu.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'
import { type OpenShop, openShop } from '../open-shop.ts'
import type { PartTime } from '../saga/timings.ts'
import type { ShopLevel } from '../stores/levels.ts'
import { type K6Told, k6Load, type Load, lightLoad } from './load.ts'

export interface SideOrder {
  readonly entry: StrategyEntry
  readonly level: ShopLevel
  readonly engines: Engines
  readonly workers: number
  readonly buyers: number
  readonly seconds: number
  readonly poolSize: number
  readonly generator: 'autocannon' | 'k6'
  /** `routes`: buyers pay through the shop's routes to MockPay. `at-once`: MockPay pays by itself. */
  readonly pay: 'routes' | 'at-once'
  /** Called every second, with the tickets so far. */
  readonly onPaid: (paid: number) => void
}

/** Processor time in milliseconds. */
interface SideCpu {
  readonly shop: number
  readonly engines: number
  /** The part of each engine, by the name of its program. */
  readonly programs: Readonly<Record<string, number>>
  readonly mockpay: number
  readonly generator: number
}

export interface SideMeasured {
  readonly paid: number
  /** From the first request until the last payment was settled. */
  readonly elapsedMs: number
  readonly ticketsPerSecond: number
  /** Of shop and engines. */
  readonly ticketsPerCpuSecond: number
  readonly cpu: SideCpu
  /** What could not do more. */
  readonly limit: string
  readonly failures: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly parts: readonly PartTime[]
  /** Thresholds of k6 that were not kept. */
  readonly breached: readonly string[]
}

const TIER = 'A'
/** More than any side sells. */
const CAPACITY = 500_000
const VENUE: Venue = {
  events: [
    {
      id: 'bench',
      name: 'A bench',
      sections: [],
      classes: [
        { id: TIER, capacity: CAPACITY },
        { id: 'goodie', capacity: 100 },
      ],
    },
  ],
}
const HOLD_MS = 300_000
const IN_FLIGHT_MAX = 10_000
/**
 * Before a side is measured, so many tickets are sold, unless that takes too long: until then, compiling the
 * shop's functions is a quarter of its processor time.
 */
const WARM_UP = { tickets: 8_000, stepSeconds: 2, secondsMax: 20 } as const
const SETTLED_MS_MAX = 60_000
const POLL_MS = 5
/** Of the machine's processor time, used by none of ours: the kernel takes some for our writes. */
const OTHERS_SHARE_MAX = 0.15
/** A process that is this busy could not do more. */
const BUSY = 0.9

export async function measureSide(order: SideOrder): Promise<SideMeasured> {
  const { entry, engines, level, workers, poolSize, pay, generator } = order
  const adminPassword = randomBytes(16).toString('hex')
  await using shop = await openShop({
    ...{ entry, engines, level, poolSize, adminPassword },
    venue: VENUE,
    settings: { holdMs: HOLD_MS, ticketsMax: 10, customerMax: 0, reportAgeMsMax: 300_000 },
    limits: { ...UNLIMITED, inFlightMax: IN_FLIGHT_MAX, allowedHosts: [] },
    isTigerfans: false,
    logLevel: 'warn',
    logSink: process.stderr,
    measured: { workers, paysAtOnce: pay === 'at-once' },
  })
  const { addresses } = await shop.listen('127.0.0.1', 0)
  const load = { addresses, buyers: order.buyers, tier: TIER, pays: pay === 'routes' }
  await warmedUp(shop, load)
  const before = readings(shop)
  const partsBefore = await partsOf(addresses, adminPassword)
  const startedMs = monotonicMs()
  const told = await watched(shop, order, () =>
    played({ ...load, seconds: order.seconds }, generator, adminPassword),
  )
  const last = await settled(shop)
  const elapsedMs = last - startedMs
  const cpu = { ...cpuOf(shop, before), generator: told.cpuMs }
  const othersMs = machineCpuMs() - before.machine - cpu.shop - cpu.engines - cpu.mockpay - cpu.generator
  const paid = shop.provider.reports.delivered - before.delivered
  return {
    ...{ paid, elapsedMs, cpu },
    ticketsPerSecond: (paid * 1_000) / elapsedMs,
    ticketsPerCpuSecond: (paid * 1_000) / (cpu.shop + cpu.engines),
    limit: limitOf(cpu, { elapsedMs, workers, othersMs }),
    failures: told.failures,
    p50Ms: told.p50Ms,
    p99Ms: told.p99Ms,
    breached: told.breached,
    parts: since(partsBefore, await partsOf(addresses, adminPassword)),
  }
}

async function warmedUp(shop: OpenShop, load: Omit<Load, 'seconds'>): Promise<void> {
  for (let seconds = 0; seconds < WARM_UP.secondsMax; seconds += WARM_UP.stepSeconds) {
    await lightLoad({ ...load, seconds: WARM_UP.stepSeconds })
    await settled(shop)
    if (shop.provider.reports.delivered >= WARM_UP.tickets) return
  }
}

async function played(load: Load, generator: SideOrder['generator'], adminPassword: string): Promise<K6Told> {
  if (generator === 'k6') return await k6Load(load, { adminPassword, mix: false })
  return { ...(await lightLoad(load)), breached: [] }
}

async function watched<T>(
  { provider }: OpenShop,
  { onPaid }: Pick<SideOrder, 'onPaid'>,
  work: () => Promise<T>,
): Promise<T> {
  const { delivered } = provider.reports
  const telling = setInterval(() => onPaid(provider.reports.delivered - delivered), 1_000)
  try {
    return await work()
  } finally {
    clearInterval(telling)
  }
}

/** Waits until every payment was acknowledged. Returns when that was, by the monotonic clock. */
async function settled({ provider }: OpenShop): Promise<number> {
  const endMs = monotonicMs() + SETTLED_MS_MAX
  while (provider.reports.waiting > 0) {
    if (monotonicMs() > endMs) throw new Error(`payments were not settled within ${SETTLED_MS_MAX} ms`)
    await delay(POLL_MS)
  }
  return monotonicMs()
}

function readings(shop: OpenShop) {
  return {
    delivered: shop.provider.reports.delivered,
    shop: shop.pids().reduce((sum, pid) => sum + (processCpuMs(pid) ?? 0), 0),
    engines: serversCpuMs(),
    own: process.cpuUsage(),
    machine: machineCpuMs(),
  }
}

/** Of all processes of the machine, since it was started. */
function machineCpuMs(): number {
  return cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0)
}

function cpuOf(shop: OpenShop, before: ReturnType<typeof readings>): Omit<SideCpu, 'generator'> {
  const { user, system } = process.cpuUsage(before.own)
  const programs = programsCpuSince(before.engines)
  if (programs === undefined) throw new Error('only Linux tells the processor time of engines')
  return {
    shop: shop.pids().reduce((sum, pid) => sum + (processCpuMs(pid) ?? 0), 0) - before.shop,
    engines: [...programs.values()].reduce((sum, ms) => sum + ms, 0),
    programs: Object.fromEntries(programs),
    mockpay: (user + system) / 1_000,
  }
}

/** Each process of the shop, the generator and MockPay has one thread that counts. */
function limitOf(
  { shop, engines, mockpay, generator }: SideCpu,
  { elapsedMs, workers, othersMs }: { elapsedMs: number; workers: number; othersMs: number },
): string {
  const share = (ms: number, threads = 1): number => ms / elapsedMs / threads
  const cores = navigator.hardwareConcurrency
  if (share(generator) >= BUSY) return 'the generator'
  if (share(mockpay) >= BUSY) return 'MockPay'
  if (share(shop, workers) >= BUSY) return 'the shop'
  if (share(shop + engines + mockpay + generator) >= BUSY * cores) return 'the machine'
  return share(othersMs, cores) < OTHERS_SHARE_MAX
    ? 'none: the buyers waited for answers'
    : 'none of these: other work kept the machine busy, and the figures are worth little'
}

async function partsOf(addresses: readonly string[], password: string): Promise<readonly PartTime[]> {
  const authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`
  const all = await Promise.all(
    addresses.map(async (address) => {
      const answer = await fetch(`${address}/admin/times`, { headers: { authorization } })
      return ((await answer.json()) as { times: readonly PartTime[] }).times
    }),
  )
  return [...Map.groupBy(all.flat(), ({ part }) => part)].map(([part, own]) => {
    const count = own.reduce((sum, each) => sum + each.count, 0)
    const totalMs = own.reduce((sum, each) => sum + each.totalMs, 0)
    return { part, count, totalMs, meanMs: totalMs / count }
  })
}

function since(before: readonly PartTime[], after: readonly PartTime[]): readonly PartTime[] {
  return after.flatMap(({ part, count, totalMs }) => {
    const was = before.find((each) => each.part === part)
    const own = { count: count - (was?.count ?? 0), totalMs: totalMs - (was?.totalMs ?? 0) }
    return own.count === 0 ? [] : [{ part, ...own, meanMs: own.totalMs / own.count }]
  })
}
