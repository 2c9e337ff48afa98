/** Goal: what is mistyped is refused before any server is started. Method: the real starter. */
import { expect, test } from 'vitest'
import { holdfast } from '../cli/holdfast.ts'
import { FULL } from '../size.ts'

test.for<readonly [string, RegExp]>([
  ['client-pause', /no fault is called "client-pause"/],
  ['minority-lost --strategy redis-lua', /none of these faults can happen .* it keeps no leases/],
  ['client-paused --shard 9/8', /--shard must be a part such as 1\/8/],
  ['client-paused --seeds 0', /--seeds must be a whole number from 1 to 1000/],
])('faults %s', FULL, async ([typed, said]) => {
  const { code, err } = await holdfast(['faults', ...typed.split(' ')])
  expect(err).toMatch(said)
  expect(code).toBe(2)
})
