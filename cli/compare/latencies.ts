/** The waits of an open loop as an HDR histogram, and its file. */
import path from 'node:path'
import type { Trial } from '../../harness/results/trial.ts'
import { makeFolder, saveWhole } from '../../harness/save.ts'
import type { OpenLoop } from '../../harness/workloads/open-loop.ts'

type Measured = NonNullable<Trial['openLoop']>

export interface Latencies {
  readonly openLoop: OpenLoop
  /** What was measured in a trial of this length; saves it as a log of HdrHistogram beside the results. */
  finished(trial: Trial, durationMs: number): Promise<Measured>
}

/** Microseconds: an hour, to three digits. */
const RANGE = {
  lowestDiscernibleValue: 1,
  highestTrackableValue: 3_600_000_000,
  numberOfSignificantValueDigits: 3,
} as const
const US_PER_MS = 1_000

/** `out`: the folder of the results. Throws if the package is not installed. */
export async function latenciesAt(
  perSecond: number,
  { out, stamp }: { readonly out: string; readonly stamp: string },
): Promise<Latencies> {
  // Loaded on demand: nothing else needs it.
  const { build, HistogramLogWriter } = await import('hdr-histogram-js')
  const histogram = build({ ...RANGE, useWebAssembly: false })
  let began = 0
  return {
    openLoop: {
      perSecond,
      began: () => {
        began += 1
      },
      answered: (waitMs) => {
        const us = Math.max(RANGE.lowestDiscernibleValue, Math.round(waitMs * US_PER_MS))
        histogram.recordValue(Math.min(us, RANGE.highestTrackableValue))
      },
    },
    async finished(trial, durationMs) {
      const who = trial.strategy.replaceAll(/[^\w.-]/g, '_')
      const folder = `${stamp}-latencies`
      const file = path.join(folder, `${who}-${trial.workload}-c${trial.concurrency}-r${trial.repeat}.hlog`)
      const endMs = Date.now()
      histogram.startTimeStampMsec = endMs - trial.elapsedMs
      histogram.endTimeStampMsec = endMs
      let log = ''
      const writer = new HistogramLogWriter((text) => {
        log += text
      })
      writer.outputComment('Microseconds from when a buyer meant to begin to its answer')
      writer.outputLogFormatVersion()
      writer.outputStartTime(histogram.startTimeStampMsec)
      writer.outputLegend()
      writer.outputIntervalHistogram(histogram)
      await makeFolder(path.join(out, folder))
      await saveWhole(path.join(out, file), log)
      const at = (percentile: number): number => histogram.getValueAtPercentile(percentile) / US_PER_MS
      return {
        perSecond,
        intended: Math.ceil((perSecond * durationMs) / 1_000),
        began,
        waitMs: {
          count: histogram.totalCount,
          p50: at(50),
          p95: at(95),
          p99: at(99),
          max: histogram.maxValue / US_PER_MS,
        },
        histogramFile: file,
      }
    },
  }
}
