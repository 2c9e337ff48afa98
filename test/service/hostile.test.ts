/**
 * Goal: whatever is sent, no answer is a 5xx but 503 and 504, every refusal is problem+json, and no refusal changes anything.
 * Method: the requests of hostile.ts as bytes, on a service over a strategy of this process that counts what reaches it.
 */
import { expect, test } from 'vitest'
import { resourcesOf, VENUES } from '../../harness/service/venue.ts'
import { withValidation } from '../../strategies/validation.ts'
import { inMemory } from '../workloads/in-memory.ts'
import { hostileRequests } from './hostile.ts'
import { served } from './over-http.ts'
import { type RawAnswer, sendRaw } from './raw.ts'

const [event] = VENUES.small?.events ?? []
if (event === undefined) throw new Error('the small venue has no event')
const resources = resourcesOf(event)

test('every hostile request is refused in one form, and changes nothing', async () => {
  const strategy = withValidation(inMemory())
  await strategy.createResources(resources)
  await using it = await served(strategy)
  const ids = resources.map(({ id }) => id)
  const before = await strategy.availability(ids)
  const wrong: string[] = []
  for (const { name, bytes, status } of hostileRequests) {
    const answer = await sendRaw(it.url, bytes)
    const why = whatIsWrong(answer, status)
    if (why !== undefined) wrong.push(`${name}: ${why}: ${answer?.body.slice(0, 200)}`)
    expect(await strategy.availability(ids), name).toEqual(before)
  }
  expect(wrong).toEqual([])
  expect(hostileRequests.length).toBeGreaterThan(120)
})

function whatIsWrong(answer: RawAnswer | undefined, expected?: readonly number[]): string | undefined {
  if (answer === undefined) return 'no answer'
  const { status, headers, body } = answer
  if (!isAllowed(status)) return `${status}`
  if (expected !== undefined && !expected.includes(status)) return `${status}, not ${expected.join(' or ')}`
  const { 'content-type': form } = headers
  if (form === undefined || !form.includes('application/problem+json')) return 'no problem+json'
  if (headers['x-content-type-options'] !== 'nosniff') return 'no nosniff'
  const { type, status: told, title } = JSON.parse(body)
  if (!/^[a-z-]+$/.test(type) || told !== status || !/^.{10,}$/.test(title)) return 'no problem'
  return undefined
}

function isAllowed(status: number): boolean {
  return status >= 400 && (status < 500 || status === 503 || status === 504)
}
