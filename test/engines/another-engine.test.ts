/**
 * Goal: an engine is one folder and one line. Method: the command line is given an engine of the test's own beside the registry's,
 * and two strategies on it, one right and one wrong: doctor finds it, compare and explore judge on it, the report shows it.
 * @module-tag full
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'

const HERE = path.join(import.meta.dirname, 'memory')
const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-engine-'))
afterAll(() => rmSync(folder, { recursive: true }))

const RIGHT = path.join(HERE, 'swapping.ts')
const WRONG = path.join(HERE, 'overwriting.ts')

async function holdfast(
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly said: string }> {
  const child = spawn(process.execPath, [path.join(HERE, 'holdfast.ts'), ...args], {
    env: { ...process.env, NO_COLOR: '1' },
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  }
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, said }
}

it('is found ready by doctor', async () => {
  const { said } = await holdfast('doctor')
  expect(said).toMatch(/ready {2}Memory 1 \(this process\)/)
})

it('is compared on, audited and reported', async () => {
  const { code, said } = await holdfast(
    ...['compare', '--strategies', 'none', '--strategy', RIGHT, '--strategy', WRONG],
    ...['--workloads', 'drain', '--duration', '500ms', '--concurrency', '8', '--out', folder],
  )
  expect(said).toContain('Memory 1 (this process)')
  expect(said).toMatch(/swapping\s+valid/)
  expect(said).toMatch(/overwriting.*(convicted|invalid)/i)
  expect(said).not.toContain('raw store not read')
  // The wrong one loses sales, too, which is worse than it promised: then the run says so.
  expect([0, 3]).toContain(code)
  const [page] = readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith('.html'))
  expect(readFileSync(path.join(folder, String(page)), 'utf8')).toContain('Memory 1')
})

it('is explored on, with its clock moved past a deadline', async () => {
  const right = await holdfast('explore', '--strategy', RIGHT, '--scenario', 'hold,expiry,confirm-release')
  expect(right.said).toMatch(/swapping · hold.*proved/)
  expect(right.said).toMatch(/swapping · expiry.*proved/)
  expect(right.code).toBe(0)
  const wrong = await holdfast('explore', '--strategy', WRONG, '--scenario', 'hold')
  expect(wrong.said).toMatch(/overwriting · hold.*violated/i)
})
