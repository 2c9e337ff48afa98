/** The conformance suite and the workloads, with every engine in a container: one set of containers for the run. */
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import everywhere from '../../vitest.config.ts'

export default defineConfig({
  root: join(import.meta.dirname, '../..'),
  test: {
    ...everywhere.test,
    include: ['test/conformance/**/*.test.ts', 'test/containers/**/*.test.ts'],
    exclude: [],
    globalSetup: ['test/containers/global-setup.ts'],
  },
})
