/**
 * Goal: what a user tries first holds: `compare` and `conform` judge `holdfast serve` itself by its address, but only where it was started
 * with its set-up routes, and a service that lacks them is told apart from one that is wrong.
 * Method: both commands as a user types them.
 */
import { describe, expect, it } from 'vitest'
import { EXIT } from '../../cli/exit-codes.ts'
import { holdfast } from '../cli/holdfast.ts'
import { FULL } from '../size.ts'
import { serve } from './serving.ts'

const COMPARED = ['--strategies', 'none', '--workload', 'drain', '--concurrency', '16', '--duration', '500ms']

async function judged(strategy: string, flags: readonly string[]) {
  await using service = await serve(['--strategy', strategy, '--durability', 'relaxed', ...flags])
  return await holdfast(['compare', '--strategy', service.url, ...COMPARED])
}

describe('serve with its set-up routes', FULL, () => {
  it('is valid with a right strategy', async () => {
    const { code, out } = await judged('postgres-conditional-update', ['--setup-routes'])
    expect(out).toContain('valid ✓, store not read')
    expect(code).toBe(EXIT.asPromised)
  })

  it('is convicted with a wrong one, in several processes', async () => {
    const { code, out } = await judged('postgres-naive', ['--setup-routes', '--workers', '2'])
    expect(out).toContain('O1 oversell')
    expect(code).toBe(EXIT.convicted)
  })

  it('is refused without them before anything runs, and the message says what is missing', async () => {
    const { code, out, err } = await judged('postgres-conditional-update', [])
    expect(err).toContain('holdfast serve has it with --setup-routes')
    expect(out).toBe('')
    expect(code).toBe(EXIT.usage)
  })
})
