/** What one thread does: it measures the checker on one share of the histories, and says what it counted. */
import { parentPort, workerData } from 'node:worker_threads'
import { checkerJudges } from './checker.ts'
import { measure, type Share } from './tally.ts'

parentPort?.postMessage(measure(workerData as Share, checkerJudges))
