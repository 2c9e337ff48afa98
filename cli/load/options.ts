/** The options of `holdfast load`, as given. */
import { PROFILES } from '../../harness/load/profiles.ts'

export interface LoadOptions {
  readonly strategy?: string
  readonly all?: true
  readonly profile?: string
  readonly rate?: string
  readonly seconds?: string
  readonly vus?: string
  readonly viewersRate?: string
  readonly workers?: string
  readonly generators?: string
  readonly pool?: string
  readonly criticalSection?: string
  readonly networkLatency?: string
  readonly mapCache?: string
  readonly durability?: string
  readonly out: string
  readonly json?: true
}

export const EXAMPLES = `
Profiles:
${PROFILES.map(({ name, summary }) => `  ${name.padEnd(9)}  ${summary}`).join('\n')}

Examples:
  holdfast load --strategy postgres-naive --profile smoke
  holdfast load --strategy ./mine.ts
  holdfast load --all
  holdfast load --strategy postgres-select-for-update --profile viewers --map-cache 0
  holdfast load --strategy redis-lua --profile steady --generators 3
  holdfast load --strategy tigerbeetle-pending-transfer,tigerbeetle-pending-transfer-batched --profile maximum --workers 1,2,3
`
