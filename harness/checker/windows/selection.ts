/**
 * Which parts of a long history are judged as a whole, after it was read in windows; and in how many groups.
 */
import { byteAt } from '../at.ts'
import { mayBeSearched } from '../search-problem.ts'
import type { Survey } from './survey.ts'

/** Resources that are judged together. */
export interface PartGroup {
  /** By resource: 1 for those of this group. */
  readonly resources: Uint8Array
  /** Whether any of them is a suspect; otherwise they are only small enough for the search of rule X. */
  readonly hasSuspects: boolean
  /** Whether what concerns no resource of the history belongs to it. */
  readonly isFirst: boolean
}

/**
 * Suspects first. None has more than `operationsMax` operations; a sentence says why if a suspect alone has
 * more.
 */
export function groupsOf(survey: Survey, operationsMax: number): readonly PartGroup[] | string {
  const { components } = survey
  const groups: PartGroup[] = []
  let roots = new Set<number>()
  let operations = 0
  const close = (hasSuspects: boolean): void => {
    if (roots.size > 0)
      groups.push({ resources: membersOf(survey, roots), hasSuspects, isFirst: groups.length === 0 })
    roots = new Set()
    operations = 0
  }
  let hasSuspects = false
  for (const suspects of [true, false]) {
    for (const root of components.all()) {
      if (components.isSuspect(root) !== suspects) continue
      if (!suspects && !mayBeSearched(components.resourcesOf(root), components.callsOf(root))) continue
      const own = components.operationsOf(root)
      if (own > operationsMax) return tooLarge(survey, root, operationsMax)
      if (operations + own > operationsMax) {
        close(hasSuspects)
        hasSuspects = false
      }
      roots.add(root)
      operations += own
      hasSuspects ||= suspects
    }
  }
  close(hasSuspects)
  if (groups.length === 0 && needsLook(survey)) {
    groups.push({ resources: new Uint8Array(survey.resourceCount), hasSuspects: true, isFirst: true })
  }
  return groups
}

/** Whether something may be wrong that concerns no resource. */
function needsLook(survey: Survey): boolean {
  const { audit, suspiciousIds, isAllStoredRight } = survey
  return (audit?.complaints.length ?? 0) > 0 || suspiciousIds.size > 0 || !isAllStoredRight
}

function membersOf({ components, resourceCount }: Survey, roots: ReadonlySet<number>): Uint8Array {
  const members = new Uint8Array(resourceCount)
  for (let resource = 0; resource < resourceCount; resource++) {
    if (roots.has(components.of(resource))) members[resource] = 1
  }
  return members
}

function tooLarge({ components, resources, sentences }: Survey, root: number, operationsMax: number): string {
  const found = sentences.length === 0 ? '' : ` What was noticed first: ${sentences.join(' ')}`
  return (
    `${components.operationsOf(root)} operations about ${resources.text(root)} and the resources that holds ` +
    `connect with it would have to be judged at once, and at most ${operationsMax} are.${found}`
  )
}

/** Whether an operation names a resource of the group. */
export function concerns(group: PartGroup, lineResource: Int32Array, lineCount: number): boolean {
  for (let line = 0; line < lineCount; line++) {
    if (byteAt(group.resources, lineResource[line] ?? -1) === 1) return true
  }
  return false
}
