import { options as optionsOf } from './shared/profiles.ts'
import { setupFor } from './shared/scenario.ts'
import { summaryOf } from './shared/summary.ts'

export { buy, look, teardown } from './shared/scenario.ts'

const STRATEGY = 'postgres-conditional-update'

export const options = optionsOf()
export const setup = () => setupFor(STRATEGY)
export const handleSummary = (data: Parameters<typeof summaryOf>[1]) => summaryOf(STRATEGY, data)
