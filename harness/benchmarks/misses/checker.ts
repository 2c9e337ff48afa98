/** The checker under test, as this room asks it. */
import { judge } from '../../checker/judge.ts'
import type { Judges } from './tally.ts'

export const checkerJudges: Judges = (records, hasAudit) => judge(records, { requireAudit: hasAudit }).verdict
