/**
 * Processor time of a service in this process and of the engines that it started, read while a load runs. So
 * that it is known between two moments that are known only afterwards, from the generator's summary.
 */
import { realpathSync } from 'node:fs'
import { serversCpuMs } from '../trial/servers-cpu.ts'

/** Often enough that hardly anything else falls between a moment and the reading beside it. */
const EVERY_MS = 200
/** Of one load: as many as an hour has. */
const READINGS_MAX = 18_000

interface Reading {
  /** By the wall clock, as the generator's times. */
  readonly atMs: number
  readonly cpuMs: number
}

export class CpuReadings implements Disposable {
  readonly #generator: string
  readonly #readings: Reading[] = []
  readonly #timer: NodeJS.Timeout

  /** @param generator - the path of its program, which is no server */
  constructor(generator: string) {
    this.#generator = realpathSync(generator)
    this.#read()
    this.#timer = setInterval(() => this.#read(), EVERY_MS)
  }

  /**
   * Milliseconds from the last reading before the one moment to the first after the other; undefined where
   * they cannot be read, or the load went on for too long.
   */
  between(fromMs: number, untilMs: number): number | undefined {
    const before = this.#readings.findLast(({ atMs }) => atMs <= fromMs)
    const after = this.#readings.find(({ atMs }) => atMs >= untilMs)
    return before && after && after.cpuMs - before.cpuMs
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #read(): void {
    const servers = serversCpuMs(this.#generator)
    if (servers === undefined || this.#readings.length >= READINGS_MAX) return
    const { user, system } = process.cpuUsage()
    const ofServers = [...servers.values()].reduce((sum, ms) => sum + ms, 0)
    this.#readings.push({ atMs: Date.now(), cpuMs: (user + system) / 1_000 + ofServers })
  }
}
