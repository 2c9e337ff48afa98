/**
 * Turns a legal history into one that may not be: a few random changes, of the kinds that broken engines
 * make.
 */
import type { HoldOperation, Operation } from '../../harness/history/record.ts'
import type { RandomBelow } from './seeded.ts'
import type { Shape, Simulated } from './simulate.ts'

const STEP_US = 1_000

export function perturb(random: RandomBelow, history: Simulated, shape: Shape): Simulated {
  let header = history.header
  const operations = [...history.operations]
  const changes = 1 + random(3)
  for (let change = 0; change < changes && operations.length > 0; change++) {
    const at = random(operations.length)
    const operation = operations[at]
    if (operation === undefined) continue
    switch (random(9)) {
      case 0:
        operations.splice(at, 1)
        break
      case 1: {
        const shift = (random(13) - 6) * STEP_US
        const invokedUs = Math.max(0, operation.invokedUs + shift)
        const lastsUs = (1 + random(6)) * STEP_US + (shape.ties ? 0 : 1)
        operations[at] = { ...operation, invokedUs, returnedUs: invokedUs + lastsUs }
        break
      }
      case 2:
      case 3:
      case 4:
        operations[at] = otherwise(random, operation, shape)
        break
      case 5: {
        const smaller = header.resources.map(({ id, capacity }) => ({
          id,
          capacity: Math.max(1, capacity - 1),
        }))
        header = { ...header, resources: smaller }
        break
      }
      case 6:
        if (operation.op === 'hold' && operation.result === 'ok' && shape.expiry) {
          operations[at] = { ...operation, deadlineMs: operation.deadlineMs + random(21) - 10 }
        }
        break
      case 7: {
        const other = operations[random(operations.length)]
        if (operation.op === 'availability' || other === undefined || other.op === 'availability') break
        operations[at] = { ...operation, holdId: other.holdId }
        break
      }
      default:
        if (operation.op === 'hold') operations[at] = withMore(random, operation)
        else if (operation.op === 'availability' && operation.result === 'ok') {
          const available = operation.available.map(([id, units]) => [id, units + random(3) - 1] as const)
          operations[at] = { ...operation, available }
        }
    }
  }
  return { header, operations, audit: undefined }
}

/** Another answer to the same question. */
function otherwise(random: RandomBelow, operation: Operation, shape: Shape): Operation {
  const { process, invokedUs, returnedUs } = operation
  const interval = { type: 'operation', process, invokedUs, returnedUs } as const
  switch (operation.op) {
    case 'hold': {
      const { holdId, lines, ttlMs } = operation
      const request = { ...interval, op: 'hold', holdId, lines, ttlMs } as const
      const [line] = lines
      if (shape.refusals && random(3) === 0 && line !== undefined) {
        return { ...request, result: 'fail', why: 'sold-out', resourceId: line[0], attempts: 1 }
      }
      if (random(8) === 0) return { ...request, result: 'fail', why: 'id-reused' }
      const deadlineMs = (invokedUs + random(returnedUs - invokedUs + 1)) / 1_000 + ttlMs
      return { ...request, result: 'ok', deadlineMs, attempts: 1 }
    }
    case 'confirm': {
      const { holdId } = operation
      return random(2) === 0
        ? { ...interval, op: 'confirm', holdId, result: 'ok' }
        : { ...interval, op: 'confirm', holdId, result: 'fail', why: 'gone' }
    }
    case 'release': {
      const { holdId } = operation
      const answer = random(3)
      if (answer === 0) return { ...interval, op: 'release', holdId, result: 'ok' }
      const why = answer === 1 ? 'gone' : 'already-confirmed'
      return { ...interval, op: 'release', holdId, result: 'fail', why }
    }
    case 'availability':
      return operation
    default:
      throw new Error(`no such operation: ${JSON.stringify(operation satisfies never)}`)
  }
}

function withMore(random: RandomBelow, hold: HoldOperation): HoldOperation {
  const lines = hold.lines.map(([id, units], at) => [id, at === 0 ? 1 + random(3) : units] as const)
  return { ...hold, lines }
}
