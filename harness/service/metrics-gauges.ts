/** Gauges that are read at each scrape: the pool, the event loop, memory. */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { Gauge, type Registry } from 'prom-client'
import type { PoolState } from '../engines/engine.ts'

/** Read at each scrape. */
export interface PoolReader {
  readMeter(): {
    readonly poolWaitMs: { readonly p50: number; readonly p95: number; readonly p99: number }
    readonly connectionSeconds: number
    readonly pool?: PoolState
  }
}

export function poolGauges(registry: Registry, pool: PoolReader): void {
  const registers = [registry]
  new Gauge({
    name: 'holdfast_pool_wait_seconds',
    help: 'Wait for a pooled connection since the service started; with several workers, the longest.',
    labelNames: ['quantile'],
    aggregator: 'max',
    registers,
    collect() {
      const { p50, p95, p99 } = pool.readMeter().poolWaitMs
      this.set({ quantile: '0.5' }, p50 / 1_000)
      this.set({ quantile: '0.95' }, p95 / 1_000)
      this.set({ quantile: '0.99' }, p99 / 1_000)
    },
  })
  new Gauge({
    name: 'holdfast_connection_seconds',
    help: 'Total time that pooled connections were in use.',
    registers,
    collect() {
      this.set(pool.readMeter().connectionSeconds)
    },
  })
  new Gauge({
    name: 'holdfast_pool_connections',
    help: 'Pooled connections: open, in use, and calls that wait for one. Absent without a pool.',
    labelNames: ['state'],
    registers,
    collect() {
      const state = pool.readMeter().pool
      if (state === undefined) return
      this.set({ state: 'open' }, state.open)
      this.set({ state: 'in-use' }, state.inUse)
      this.set({ state: 'waiting' }, state.waiting)
    },
  })
  new Gauge({
    name: 'holdfast_pool_connections_broken',
    help: 'Pooled connections that broke since the service started. Absent without a pool.',
    registers,
    collect() {
      const state = pool.readMeter().pool
      if (state !== undefined) this.set(state.broken)
    },
  })
}

/** Resolution of the delay. */
const RESOLUTION_MS = 10

/** The returned function stops it. */
export function eventLoopGauges(registry: Registry): () => void {
  const registers = [registry]
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delays.enable()
  let before = performance.eventLoopUtilization()
  new Gauge({
    name: 'holdfast_event_loop_delay_seconds',
    help: 'Event loop delay since the last scrape; with several workers, the highest.',
    labelNames: ['quantile'],
    aggregator: 'max',
    registers,
    collect() {
      this.set({ quantile: '0.5' }, delays.percentile(50) / 1e9)
      this.set({ quantile: '0.99' }, delays.percentile(99) / 1e9)
      this.set({ quantile: '1' }, delays.max / 1e9)
      delays.reset()
    },
  })
  new Gauge({
    name: 'holdfast_event_loop_utilization',
    help: 'Share of the time that the event loop was busy since the last scrape; with several workers, the highest.',
    aggregator: 'max',
    registers,
    collect() {
      const now = performance.eventLoopUtilization()
      this.set(performance.eventLoopUtilization(now, before).utilization)
      before = now
    },
  })
  new Gauge({
    name: 'holdfast_memory_bytes',
    help: 'Memory of the serving processes.',
    labelNames: ['kind'],
    registers,
    collect() {
      const { rss, heapUsed } = process.memoryUsage()
      this.set({ kind: 'resident' }, rss)
      this.set({ kind: 'heap' }, heapUsed)
    },
  })
  return () => delays.disable()
}
