/** Goal: an author sees which property failed and why. Method: the command line, on files that do and do not do it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConformanceReport } from '../../harness/conformance/conform.ts'
import { suites } from '../../harness/conformance/suites.ts'
import { FULL } from '../size.ts'
import { holdfast } from './holdfast.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'holdfast-conform-'))
})
afterAll(() => rm(folder, { recursive: true }))

const THROWS = `
export const engines = []
export function create() {
  return {
    async createResources() {},
    async hold() { throw new TypeError('the shelf is gone') },
    async confirm() { return { kind: 'gone' } },
    async release() { return { kind: 'gone' } },
    async availability(ids) { return ids.map((resourceId) => ({ resourceId, available: 1 })) },
    async expireDue() { return 0 },
    async close() {},
  }
}
`

async function file(name: string, text: string): Promise<string> {
  const at = path.join(folder, name)
  await writeFile(at, text)
  return at
}

describe('holdfast conform', { concurrent: true }, () => {
  it('prints a claim that throws with its error and its place, and ends with 3', async () => {
    const at = await file('throws.mts', THROWS)
    const { code, out } = await holdfast(['conform', '--strategy', at])
    expect(out).toMatch(/FAILED {3}a hold takes units, a release frees them/)
    expect(out).toContain('it threw: the shelf is gone')
    expect(out).toMatch(/TypeError: the shelf is gone\n +at .*throws\.mts:6/)
    expect(out).toContain('names no ledger and no witness')
    expect(out).toContain('No second instance')
    expect(code).toBe(3)
  })

  it('has a result for every case, as JSON, and tells why some do not apply', FULL, async () => {
    const { code, out } = await holdfast(['conform', '--strategy', 'postgres-nowait', '--json'])
    const { verdict, cases } = JSON.parse(out) as ConformanceReport
    expect({ code, verdict }).toEqual({ code: 0, verdict: 'passed' })
    expect(new Set(cases.map(({ name }) => name))).toEqual(
      new Set([
        ...Object.values(suites)
          .flat()
          .map(({ name }) => name),
        'every failure is in a call that is awaited',
      ]),
    )
    for (const each of cases) {
      if (each.kind === 'not-applicable') expect(each.why).not.toBe('')
      else expect(each.kind).toBe('passed')
    }
  })

  it('is not proven where an engine is missing', async () => {
    const env = { REDIS_URL: 'redis://127.0.0.1:1' }
    const { code, out } = await holdfast(['conform', '--strategy', 'redis-lua'], { env })
    expect(out).toContain('NOT PROVEN: redis-lua')
    expect(code).toBe(4)
  })

  it('refuses a strategy that nobody knows', async () => {
    const { code, err } = await holdfast(['conform', '--strategy', 'postgres-nowhere'])
    expect(err).toContain('postgres-nowhere')
    expect(code).toBe(2)
  })
})
