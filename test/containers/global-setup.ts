/** One set of containers for a whole run of tests, whose addresses the test files are handed. */
import type { TestProject } from 'vitest/node'
import { startContainers } from '../../harness/engines/containers/start.ts'
import { engineKinds } from '../../harness/engines/registry.ts'

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started = await startContainers(engineKinds, {
    durability: 'relaxed',
    log: (line) => console.log(line),
  })
  project.provide('containers', started.given)
  return async () => await started[Symbol.asyncDispose]()
}
