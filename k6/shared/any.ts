/** The script for strategies without their own: STRATEGY is the service's name for it. */
import { options as optionsOf } from './profiles.ts'
import { summaryOf } from './summary.ts'
import { setupFor } from './venue.ts'

export { buy, default, look, teardown } from './buyers.ts'

const STRATEGY = __ENV.STRATEGY ?? ''

export const options = optionsOf()
export const setup = () => setupFor(STRATEGY)
export const handleSummary = (data: Parameters<typeof summaryOf>[1]) => summaryOf(STRATEGY, data)
