/** One worker thread: measures the checker on one share of the histories, and reports the counts. */
import { parentPort, workerData } from 'node:worker_threads'
import { checkerJudges } from './checker.ts'
import { type MissShare, measure } from './tally.ts'

parentPort?.postMessage(measure(workerData as MissShare, checkerJudges))
