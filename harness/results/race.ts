/** The schema of a race, whose fields are documented in the checker. */
import type { Race, RaceCall } from '../checker/race.ts'
import type { Rule } from '../checker/verdict.ts'
import { choice, count, describes, list, moment, object, optional, pair, text, yesOrNo } from './schema.ts'

export const RuleSchema = describes<Rule>()(
  choice('O1', 'O2', 'R1', 'L', 'B', 'T', 'I', 'V', 'W', 'A', 'S', 'D', 'X'),
)

const RaceCallSchema = describes<RaceCall>()(
  object({
    client: count,
    op: choice('hold', 'confirm', 'release', 'availability'),
    answer: text,
    isUnknown: yesOrNo,
    fromMs: moment,
    untilMs: moment,
  }),
)

export const RaceSchema = describes<Race>()(
  object({
    rule: RuleSchema,
    kind: choice('oversell', 'undersell', 'broken-promise'),
    message: text,
    resourceId: optional(text),
    atMs: optional(moment),
    fromMs: moment,
    untilMs: moment,
    holds: list(
      object({
        holdId: text,
        lines: list(pair(text, count)),
        calls: list(RaceCallSchema),
        has: optional(object({ fromMs: moment, untilMs: optional(moment) })),
      }),
    ),
    reads: list(RaceCallSchema),
  }),
)
