/**
 * Ends a command in which a strategy never gives control back: a loop that does not end, or never
 * awaits. Nothing else of this thread runs then, no deadline and no Ctrl-C: another thread watches it.
 */
import { Worker } from 'node:worker_threads'
import type { LoopWatch } from './loops-thread.ts'

const BEAT_MS = 250
/** Longer than any answer takes that waits for nobody. */
const SILENT_MS_MAX = 20_000

/** `file`: that of the strategy, as its user names it; `exitCode`: with which the process then ends. */
export function watchedForLoops(file: string, exitCode: number, silentMs = SILENT_MS_MAX): Disposable {
  const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  const workerData: LoopWatch = { beats, file, exitCode, silentMs }
  const worker = new Worker(new URL('./loops-thread.ts', import.meta.url), { workerData })
  worker.unref()
  const beat = setInterval(() => Atomics.add(beats, 0, 1), BEAT_MS).unref()
  return {
    [Symbol.dispose]() {
      clearInterval(beat)
      void worker.terminate()
    },
  }
}
