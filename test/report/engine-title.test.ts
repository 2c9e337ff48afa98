/** Goal: a heading names an engine as its makers do, found or not. */
import { expect, test } from 'vitest'
import { engineTitle } from '../../harness/report/engine-title.ts'
import type { Results } from '../../harness/results/results.ts'

const found = (name: string, version: string): Results['engines'][number] => ({
  name,
  version,
  source: 'PATH',
  durability: 'durable',
  settings: {},
})

test.for([
  ['the product that was found', [found('redis', 'Valkey 9.1.2')], 'redis', 'Valkey'],
  ['what it is called, where none was found', [], 'tigerbeetle', 'TigerBeetle'],
  ['its name, where nothing more is known of it', [], 'another', 'another'],
] as const)('%s', ([, engines, name, title]) => {
  expect(engineTitle({ engines }, name)).toBe(title)
})
