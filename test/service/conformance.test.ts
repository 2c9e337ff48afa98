/**
 * Goal: nothing of the contract is lost on the way through HTTP. Method: the suite that every strategy passes, on the service
 * over one strategy of each family, asked by a client that is a strategy itself.
 */
import { registry } from '../../strategies/registry.ts'
import { conform } from '../conformance/conform.ts'
import { FULL, isFull } from '../size.ts'
import { withEngines } from '../with-engines.ts'
import { overHttp } from './over-http.ts'

const ONE_OF_EACH = ['postgres-select-for-update', 'redis-lua', 'tigerbeetle-pending-transfer-batched']

const opened = await withEngines(isFull ? ['postgres', 'redis', 'tigerbeetle'] : [])

for (const entry of registry) if (ONE_OF_EACH.includes(entry.name)) conform(overHttp(entry), opened, FULL)
