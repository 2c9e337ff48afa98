/** One broken row says as much as a thousand, and a conviction is read by people. */
export const COMPLAINTS_MAX = 20

/** The first complaints, and how many more there were. */
export function summarized(complaints: readonly string[]): readonly string[] {
  const more = complaints.length - COMPLAINTS_MAX
  if (more <= 0) return complaints
  return [...complaints.slice(0, COMPLAINTS_MAX), `and ${more} more of ${complaints.length} in all`]
}
