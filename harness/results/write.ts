/** Results as the text of a file. */
import type { Results } from './results.ts'

/** `indent`: spaces for each level. */
export function resultsText(results: Results, indent = 2): string {
  return `${JSON.stringify(results, undefined, indent)}\n`
}
