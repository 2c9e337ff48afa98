import type { OpenEnginesOptions } from '../../harness/engines/open.ts'

/** What an exploration, and a replay of what it found, are run on. */
export const EXPLORER_ENGINES = {
  // Nothing is measured, and no power is cut: an answer before it is on disk is as good.
  durability: 'relaxed',
  // Redlock's least: more nodes answer the same, and every step would be more commands.
  servers: { redis: 3 },
} as const satisfies OpenEnginesOptions
