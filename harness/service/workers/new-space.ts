/**
 * Flags of Node for a process that answers many requests at once. Requests in flight keep some of what is new
 * alive; the more there is room for, the less often that is copied. It takes up to 96 MB.
 */
const NEW_SPACE_MB = 32

export const NEW_SPACE_FLAGS: readonly string[] = [
  `--min-semi-space-size=${NEW_SPACE_MB}`,
  `--max-semi-space-size=${NEW_SPACE_MB}`,
]
