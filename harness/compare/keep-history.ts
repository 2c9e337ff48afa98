/** Keeps the histories of a comparison. */
import type { Trial } from '../results/trial.ts'
import type { CompareParts, TrialWithHistory } from './parts.ts'

/** If a history cannot be saved (a full disk), only that file is lost. */
export async function withHistoryKept(
  result: TrialWithHistory,
  purpose: 'control' | 'trial',
  parts: CompareParts,
): Promise<Trial> {
  try {
    const historyFile = await parts.keepHistory(result, purpose)
    return historyFile === undefined ? result.trial : { ...result.trial, historyFile }
  } catch (error) {
    parts.onEvent({ kind: 'history-lost', trial: result.trial, error })
    return result.trial
  }
}
