import { expect, test } from 'vitest'
import { requestIds } from '../../harness/service/request-ids.ts'

test('no two requests have the same id, in one process or in two', () => {
  const processes = [requestIds(), requestIds()]
  const ids = Array.from({ length: 1_000 }, () => processes.map((next) => next())).flat()
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{24}-[1-9]\d*$/)
})
