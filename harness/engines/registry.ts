/** The engines, one line each. A new one is a folder beside this file and a line here. */
import type { EngineKind } from './engine.ts'
import { postgres } from './postgres/index.ts'
import { redis } from './redis/index.ts'
import { tigerbeetle } from './tigerbeetle/index.ts'

export const engineKinds: readonly EngineKind[] = [postgres, redis, tigerbeetle]
