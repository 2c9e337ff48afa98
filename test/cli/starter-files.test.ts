/**
 * Goal: the strategy that `init` writes is right before its reader changes anything, and its test runs as it is.
 * Method: that test, here; `npm run test:package` runs it from the package and takes the condition out.
 */
import { describe } from 'vitest'
import { FULL } from '../size.ts'

describe('what init writes', FULL, async () => {
  await import('../../examples/starter/reservations.test.ts')
})
