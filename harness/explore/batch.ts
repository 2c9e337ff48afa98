/**
 * Runs that share one namespace: their resources are created together, and the store is audited once for all
 * of them, after the last run. Names are unique per run, so each finding of the audit can be assigned to its
 * run.
 */
import { audit } from '../audit/audit.ts'
import { judge } from '../checker/judge.ts'
import type { Verdict } from '../checker/verdict.ts'
import { plain } from '../engines/wording.ts'
import type { AuditRecord, HistoryRecord, Operation } from '../history/record.ts'
import { afterwards, auditOf } from './call-history.ts'
import { StandstillError } from './client.ts'
import { resourcesOf } from './resources.ts'
import { markOf, type Prepared, prepare, type Run } from './run.ts'
import type { Scenario } from './scenario.ts'
import type { Testbed } from './testbed.ts'

/** The number of resources that one audit probes. */
const RESOURCES_PER_BATCH = 24

/** Nothing else goes on: a call without an answer by then waits for something that no step brings. */
const ANSWER_MS_MAX = 10_000

export interface Judged {
  readonly run: Run
  readonly verdict: Verdict
  /** What the audit could not determine. */
  readonly doubts: readonly string[]
  /** Why the store itself was not read; absent if it was. */
  readonly storeNotRead?: string
  readonly history: readonly HistoryRecord[]
  /** Whether sessions or locks were left open, or the probe failed. */
  readonly leavesBehind: boolean
}

export class Batch {
  readonly #testbed: Testbed
  readonly #scenario: Scenario
  readonly #marks: string[]
  readonly #over: Run[] = []

  static async open(testbed: Testbed, scenario: Scenario): Promise<Batch> {
    const size = testbed.isAlone ? 1 : Math.floor(RESOURCES_PER_BATCH / Object.keys(scenario.seats).length)
    const marks = Array.from({ length: size }, (_, at) => markOf(at + 1))
    await testbed.renew(marks.flatMap((mark) => resourcesOf(scenario, mark)))
    return new Batch(testbed, scenario, marks)
  }

  private constructor(testbed: Testbed, scenario: Scenario, marks: string[]) {
    this.#testbed = testbed
    this.#scenario = scenario
    this.#marks = marks
  }

  /** Creates the initial hold; undefined when all runs are over. */
  async next(): Promise<Prepared | undefined> {
    const mark = this.#marks.shift()
    return mark === undefined ? undefined : await prepare(this.#testbed, this.#scenario, mark)
  }

  /** Its verdict comes with the others', after the audit. */
  add(run: Run): void {
    this.#over.push(run)
  }

  /** Audits the store at rest and judges what was added. */
  async judge(): Promise<readonly Judged[]> {
    const runs = this.#over
    if (runs.length === 0) return []
    const { entry, stores, strategy } = this.#testbed
    await this.#passDeadlines()
    // A client that died leaves its lease, which would otherwise have to be waited for until it expires.
    await this.#testbed.expireLocks((await this.#testbed.locksHeld()).map(({ key }) => key))
    const audited = await audit({
      strategy,
      ledger: entry.ledger,
      stores,
      leftOpen: () => this.#testbed.leftOpen(),
      // Locks were made to expire just now.
      isAnythingExpiring: async () => (await this.#testbed.locksHeld()).length > 0,
      resources: runs.flatMap(({ prepared }) => prepared.resources),
      holds: runs.flatMap(({ operations }) =>
        operations.flatMap((each) => (each.op === 'hold' ? [{ id: each.holdId, lines: each.lines }] : [])),
      ),
      skip: { prefix: '' },
      // Each resource belongs to a schedule of its own.
      probeLimits: { starvedMax: RESOURCES_PER_BATCH, answerMsMax: ANSWER_MS_MAX },
    })
    const { record, failures, operations } = audited
    // A client that retries forever would disturb the schedules to come.
    if (audited.isStuck) throw new StandstillError(failures.join('; '))
    const requireAudit = audited.storeNotRead === undefined
    const notRead = audited.storeNotRead === undefined ? {} : { storeNotRead: audited.storeNotRead }
    // What works outside its calls may be in the middle of something at any time.
    const isBusy = runs.some(({ worksByItself }) => worksByItself)
    return runs.map((run) => {
      const found = ownPart(record ?? NOTHING_READ, run)
      const own = isBusy ? { ...found, complaints: [] } : found
      const probes = ownProbes(operations, run)
      const history = [run.header, ...run.operations, ...probes, own]
      const doubts = [...run.doubts, ...failures, ...(isBusy ? found.complaints : [])]
      const leavesBehind = failures.length + found.complaints.length > 0
      return { run, history, verdict: judge(history, { requireAudit }), doubts, leavesBehind, ...notRead }
    })
  }

  /** A deadline that may pass in the scenario has passed when the store is read. */
  async #passDeadlines(): Promise<void> {
    if (!this.#scenario.environment.includes('deadline')) return
    const due = this.#over.flatMap(({ prepared }) => prepared.due ?? [])
    if (due.length > 0) await this.#testbed.passTime(Math.max(...due.map(({ ms }) => ms)))
  }

  get scenario(): Scenario {
    return this.#scenario
  }
}

/** For a batch in which only the runs themselves found violations. */
const NOTHING_READ: AuditRecord = {
  type: 'audit',
  takenUs: 0,
  isStoreRead: false,
  resources: [],
  holds: [],
  complaints: [],
  probes: [],
}

function ownPart(
  record: AuditRecord,
  { prepared: { mark }, steps, deadlines, complaints }: Run,
): AuditRecord {
  const isOwn = (name: string) => markIn(name) === mark
  return auditOf(
    {
      ...record,
      resources: record.resources.filter(({ id }) => isOwn(id)),
      holds: record.holds.filter(({ id, lines }) => isOwn(id) || lines.some(([resource]) => isOwn(resource))),
      // A complaint that names no run applies to all of them.
      complaints: [
        ...record.complaints.filter((each) => (markIn(each) ?? mark) === mark).map(plain),
        ...complaints,
      ],
      probes: record.probes.filter(({ resourceId }) => isOwn(resourceId)),
    },
    steps.length,
    deadlines,
  )
}

/** The probe's calls on this run's resources, converted to the run's time. */
function ownProbes(
  operations: readonly Operation[],
  { prepared: { mark }, steps, deadlines }: Run,
): readonly Operation[] {
  const holds = new Set<string>()
  const own = operations.filter((each) => {
    switch (each.op) {
      case 'hold':
        if (!each.lines.some(([resource]) => markIn(resource) === mark)) return false
        holds.add(each.holdId)
        return true
      case 'availability':
        return each.result === 'ok' && each.available.some(([resource]) => markIn(resource) === mark)
      case 'confirm':
      case 'release':
        return holds.has(each.holdId)
      default:
        return each satisfies never
    }
  })
  return afterwards(own, steps.length, deadlines)
}

function markIn(text: string): string | undefined {
  return /~\d+/.exec(text)?.[0]
}
