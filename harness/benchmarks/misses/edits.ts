/** Defects that are edited into the record of a run, because no bug of the model engine would cause them. */
import type { HoldId } from '../../../strategies/strategy.ts'
import type { AuditRecord, HoldOperation, Operation } from '../../history/record.ts'
import type { SeededRandom } from './random.ts'
import type { MeasuredRun } from './run.ts'

/** Returns the run with the defect, or nothing if the run has no place for it. */
export type Edit = (run: MeasuredRun, random: SeededRandom) => MeasuredRun | undefined

type StoredRow = AuditRecord['holds'][number]
type Granted = HoldOperation & { readonly result: 'ok'; readonly versions: readonly number[] }

function withAudit(run: MeasuredRun, audit: Partial<AuditRecord>): MeasuredRun {
  return { ...run, audit: { ...run.audit, ...audit } }
}

/** Changes one of the stored holds that `which` selects; an empty list removes it. */
function editRow(
  which: (row: StoredRow) => boolean,
  change: (row: StoredRow, random: SeededRandom) => StoredRow[],
): Edit {
  return (run, random) => {
    const rows = run.audit.holds.filter(which)
    if (rows.length === 0) return undefined
    const chosen = random.pick(rows)
    const holds = run.audit.holds.flatMap((row) => (row === chosen ? change(row, random) : [row]))
    return withAudit(run, { holds })
  }
}

/** As `editRow`, and the counters and the probes of the store are made to agree with its rows. */
function editSoundly(edit: Edit): Edit {
  return (run, random) => {
    const edited = edit(run, random)
    if (edited === undefined) return undefined
    const alive = (id: string): number =>
      edited.audit.holds
        .filter(({ status }) => status === 'held' || status === 'confirmed')
        .flatMap(({ lines }) => lines)
        .reduce((sum, [resource, units]) => (resource === id ? sum + units : sum), 0)
    return withAudit(edited, {
      resources: edited.audit.resources.map(({ id }) => ({ id, taken: alive(id) })),
      probes: edited.audit.probes.map((probe) => {
        const capacity = run.header.resources.find(({ id }) => id === probe.resourceId)?.capacity ?? 0
        const unitsExpected = capacity - alive(probe.resourceId)
        return { ...probe, unitsExpected, unitsHeld: Math.max(0, unitsExpected), oneMoreRefused: true }
      }),
    })
  }
}

export const saleMissing = editSoundly(editRow(isSale, () => []))
export const saleForgotten = editSoundly(editRow(isSale, (row) => [{ ...row, status: 'expired' }]))
export const saleInvented = editSoundly(
  editRow(
    (row) => row.status === 'expired' || row.status === 'held',
    (row) => [{ ...row, status: 'confirmed' }],
  ),
)
export const releaseForgotten = editSoundly(
  editRow(
    (row) => row.status === 'released',
    (row) => [{ ...row, status: 'expired' }],
  ),
)
export const storedTwice = editSoundly(editRow(isSale, (row) => [row, row]))
export const storedTorn = editSoundly(
  editRow(
    (row) => row.lines.length > 1,
    (row) => [{ ...row, lines: row.lines.slice(1) }],
  ),
)
export const storedDeadline = editRow(
  () => true,
  (row, random) => [{ ...row, deadlineMs: row.deadlineMs + random.pick([-1, 1]) * random.between(1, 5_000) }],
)

function isSale(row: StoredRow): boolean {
  return row.status === 'confirmed'
}

/** A row for a hold that was refused or never requested. */
export const rowInvented: Edit = (run, random) => {
  const stored = new Set(run.audit.holds.map(({ id }) => id))
  const refused = run.operations.find(
    (op) => op.op === 'hold' && op.result === 'fail' && op.why === 'sold-out' && !stored.has(op.holdId),
  )
  const resource = random.pick(run.header.resources)
  const row: StoredRow =
    refused?.op === 'hold' && random.chance(0.7)
      ? { id: refused.holdId, status: 'expired', lines: refused.lines, deadlineMs: deadlineOf(run, refused) }
      : {
          id: 'nobody' as HoldId,
          status: 'expired',
          lines: [[resource.id, 1]],
          deadlineMs: run.header.clock.offsetMs,
        }
  return withAudit(run, { holds: [...run.audit.holds, row] })
}

function deadlineOf(run: MeasuredRun, { invokedUs, ttlMs }: HoldOperation): number {
  return run.header.clock.offsetMs + invokedUs / 1_000 + ttlMs
}

export const counterOff: Edit = (run, random) => {
  const chosen = random.pick(run.audit.resources)
  const by = chosen.taken > 0 && random.chance(0.5) ? -1 : 1
  const resources = run.audit.resources.map((one) =>
    one === chosen ? { ...one, taken: one.taken + by } : one,
  )
  return withAudit(run, { resources })
}

/** Free units cannot be held. */
export const probeShort: Edit = (run, random) => {
  const free = run.audit.probes.filter(({ unitsHeld }) => unitsHeld > 0)
  if (free.length === 0) return undefined
  const chosen = random.pick(free)
  return withAudit(run, {
    probes: run.audit.probes.map((probe) => (probe === chosen ? { ...probe, unitsHeld: 0 } : probe)),
  })
}

/** More units than are free can be held. */
export const probeOver: Edit = (run, random) => {
  if (run.audit.probes.length === 0) return undefined
  const chosen = random.pick(run.audit.probes)
  return withAudit(run, {
    probes: run.audit.probes.map((probe) => (probe === chosen ? { ...probe, oneMoreRefused: false } : probe)),
  })
}

function isGranted(operation: Operation): operation is Granted {
  return operation.op === 'hold' && operation.result === 'ok' && operation.versions !== undefined
}

/** Gives every answer about a hold these versions. */
function withVersions(
  run: MeasuredRun,
  id: HoldId,
  versions: (before: readonly number[]) => readonly number[],
): MeasuredRun {
  return {
    ...run,
    operations: run.operations.map((op) =>
      isGranted(op) && op.holdId === id ? { ...op, versions: versions(op.versions) } : op,
    ),
  }
}

/** Two granted holds of one resource, each with that line alone, in the order of their versions. */
function neighbours(run: MeasuredRun): readonly [Granted, Granted][] {
  const granted = run.operations.filter(isGranted)
  return granted.flatMap((one) =>
    granted
      .filter(
        (other) => other.holdId !== one.holdId && String(one.lines[0]?.[0]) === String(other.lines[0]?.[0]),
      )
      .filter((other) => one.lines.length === 1 && other.lines.length === 1)
      .filter((other) => (one.versions[0] ?? 0) < (other.versions[0] ?? 0))
      .map((other): [Granted, Granted] => [one, other]),
  )
}

export const versionTwice: Edit = (run, random) => {
  const pairs = neighbours(run)
  if (pairs.length === 0) return undefined
  const [one, other] = random.pick(pairs)
  return withVersions(run, other.holdId, () => one.versions)
}

export const versionsSwapped: Edit = (run, random) => {
  const pairs = neighbours(run)
  if (pairs.length === 0) return undefined
  const [one, other] = random.pick(pairs)
  const swapped = withVersions(run, other.holdId, () => one.versions)
  return withVersions(swapped, one.holdId, () => other.versions)
}

/** Two holds of the same two resources, each before the other on one of them: they were not atomic. */
export const versionsCrossed: Edit = (run, random) => {
  const granted = run.operations.filter(isGranted).filter(({ lines }) => lines.length > 1)
  const pairs = granted.flatMap((one) =>
    granted
      .filter((other) => one.holdId < other.holdId && one.lines.length === other.lines.length)
      .filter((other) => one.lines.every(([id], line) => id === other.lines[line]?.[0]))
      .map((other) => [one, other] as const),
  )
  if (pairs.length === 0) return undefined
  const [one, other] = random.pick(pairs)
  const [oneFirst = 0, ...oneRest] = one.versions
  const [otherFirst = 0, ...otherRest] = other.versions
  const crossed = withVersions(run, one.holdId, () => [otherFirst, ...oneRest])
  return withVersions(crossed, other.holdId, () => [oneFirst, ...otherRest])
}

export const replayOtherVersion: Edit = (run, random) => {
  const granted = run.operations.filter(isGranted)
  const replayed = granted.filter((one) => granted.some((two) => two !== one && two.holdId === one.holdId))
  if (replayed.length === 0) return undefined
  const chosen = random.pick(replayed)
  const versions = chosen.versions.with(0, (chosen.versions[0] ?? 0) + 1_000)
  return { ...run, operations: run.operations.map((op) => (op === chosen ? { ...chosen, versions } : op)) }
}
