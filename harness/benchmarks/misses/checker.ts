/** Calls the checker under test. */
import { judge } from '../../checker/judge.ts'
import type { Judges } from './tally.ts'

export const checkerJudges: Judges = (records, hasAudit) => judge(records, { requireAudit: hasAudit }).verdict
