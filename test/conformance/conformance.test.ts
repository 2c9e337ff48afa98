/** Goal: every strategy keeps the contract and its promises. Method: every suite, on every line of the registry. */
import { registry } from '../../strategies/registry.ts'
import { sizeOf } from '../size.ts'
import { withEngines } from '../with-engines.ts'
import { conform } from './conform.ts'

const opened = await withEngines(['postgres', 'redis', 'tigerbeetle'])

for (const entry of registry) conform(entry, opened, sizeOf(entry))
