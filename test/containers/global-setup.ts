/** One set of containers for a whole run of tests, whose addresses the test files are handed. */
import type { TestProject } from 'vitest/node'
import { startContainers } from '../../harness/engines/containers/start.ts'

/** Redlock asks a majority of five. */
const REDIS_NODES = 5

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started = await startContainers(['postgres', 'redis', 'tigerbeetle'], {
    durability: 'relaxed',
    redisNodes: REDIS_NODES,
    log: (line) => console.log(line),
  })
  project.provide('containers', started.given)
  return async () => await started[Symbol.asyncDispose]()
}
