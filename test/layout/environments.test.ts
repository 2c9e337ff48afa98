/**
 * Goal: the table of environments names tests that there are.
 * Method: its text, and the files.
 */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'

const CHECKOUT = path.resolve(import.meta.dirname, '../..')

it('docs/environments.md names only tests that there are', () => {
  const text = readFileSync(path.join(CHECKOUT, 'docs/environments.md'), 'utf8')
  const named = [...text.matchAll(/`(test\/[\w/-]+\.test\.ts)`/g)].map(([, file]) => file ?? '')
  expect(named.length).toBeGreaterThan(20)
  expect(named.filter((file) => !existsSync(path.join(CHECKOUT, file)))).toEqual([])
})
