/**
 * Some thousands of seeded histories, legal and broken, small and long, whose findings are kept: what the
 * checker says of them may not change by accident.
 */
import { legalHistory } from '../../harness/benchmarks/legal-history.ts'
import { plantedAt } from '../../harness/benchmarks/misses/plant.ts'
import { judge } from '../../harness/checker/judge.ts'
import type { Verdict } from '../../harness/checker/verdict.ts'
import type { HistoryRecord, Operation } from '../../harness/history/record.ts'
import { perturb } from './perturb.ts'
import { Dice, seeded } from './seeded.ts'
import { EVERYTHING, recordsOf, simulate } from './simulate.ts'

const SEED = 20_260_101
const PLANTED = 900
const PERTURBED = 2_000
const LONG = 12
const LONG_OPERATIONS = 1_500

/** A history, and how it is judged. */
export interface GoldenHistory {
  readonly name: string
  readonly records: readonly HistoryRecord[]
  readonly requireAudit: boolean
}

/** In the order in which their findings are kept. */
export function* goldenHistories(): Generator<GoldenHistory> {
  for (let number = 0; number < PLANTED; number++) {
    const planted = plantedAt(SEED, number)
    if (planted === undefined) continue
    const { header, operations, audit } = planted.run
    const withAudit = number % 3 !== 0
    yield {
      name: 'planted',
      records: withAudit ? [header, ...operations, audit] : [header, ...operations],
      requireAudit: withAudit,
    }
  }
  for (let number = 0; number < PERTURBED; number++) {
    const random = seeded(SEED + number)
    const legal = simulate(random, { ...EVERYTHING, audit: number % 2 === 0 })
    const broken = perturb(random, legal, EVERYTHING)
    const { audit } = legal
    const records = recordsOf({ ...broken, audit: audit && { ...audit, takenUs: audit.takenUs * 2 } })
    yield { name: 'perturbed', records: variant(records, number), requireAudit: number % 2 === 0 }
  }
  for (let number = 0; number < LONG; number++) {
    yield { name: 'long', records: damaged(new Dice(seeded(SEED + number)), number), requireAudit: true }
  }
}

/** Of format 1, with an engine's clock that jumps, without exact refusals, or as it is. */
function variant(records: readonly HistoryRecord[], number: number): readonly HistoryRecord[] {
  const [header, ...rest] = records
  if (header?.type !== 'history') return records
  switch (number % 5) {
    case 1:
      return [{ ...header, format: 1 }, ...rest]
    case 2: {
      const { offsetMs } = header.clock
      return [header, { type: 'clock', readUs: 3_000, offsetMs: offsetMs + 50, errorMs: 1 }, ...rest]
    }
    case 3:
      return [{ ...header, refusals: 'spurious' }, ...rest]
    default:
      return records
  }
}

/** Many resources and holds, of which a few have been tampered with; some histories are left as they are. */
function damaged(dice: Dice, number: number): readonly HistoryRecord[] {
  const records = [...legalHistory(LONG_OPERATIONS + number)]
  const changes = number % 6
  for (let change = 0; change < changes; change++) {
    const at = 1 + dice.below(LONG_OPERATIONS)
    const record = records[at]
    if (record?.type === 'operation') records.splice(at, 1, ...tampered(dice, record))
  }
  return records
}

function tampered(dice: Dice, operation: Operation): readonly Operation[] {
  const what = dice.below(5)
  if (what === 0) return []
  if (operation.op === 'availability') {
    if (operation.result !== 'ok') return [operation]
    return [{ ...operation, available: operation.available.map(([id, units]) => [id, units + 1] as const) }]
  }
  if (operation.op === 'hold') {
    if (operation.result !== 'ok') return [operation]
    if (what === 1) return [{ ...operation, deadlineMs: operation.deadlineMs + 5_000 }]
    if (what === 2) return [{ ...operation, lines: operation.lines.map(([id]) => [id, 501] as const) }]
    return [{ ...operation, versions: [1] }]
  }
  if (what < 3) return [{ ...operation, result: 'fail', why: 'gone' }]
  return [{ ...operation, result: 'info', error: 'no answer' }]
}

/** Everything that the checker says of it. */
export function verdictOfGolden({ records, requireAudit }: GoldenHistory): Verdict {
  return judge(records, { requireAudit })
}
