import { options as optionsOf } from './shared/profiles.ts'
import { summaryOf } from './shared/summary.ts'
import { setupFor } from './shared/venue.ts'

export { buy, default, look, teardown } from './shared/buyers.ts'

const STRATEGY = 'redis-hash-fields'

export const options = optionsOf()
export const setup = () => setupFor(STRATEGY)
export const handleSummary = (data: Parameters<typeof summaryOf>[1]) => summaryOf(STRATEGY, data)
