/** Redis as the code that starts servers sees it. */
import type { ServerKind } from '../local/server-process.ts'

export const REDIS: ServerKind = {
  engine: 'redis',
  title: 'Redis',
  otherWay: 'export REDIS_URL=redis://:password@host:6379',
  space: '1 GB',
  politeSignal: 'SIGTERM',
  endingSignal: 'SIGKILL',
}
