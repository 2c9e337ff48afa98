import path from 'node:path'
import { defineConfig } from 'vitest/config'
import LongestFirst from './test/longest-first.ts'
import { EXHAUSTIVE_TAG, FULL_TAG, TAGS_OF_SIZE } from './test/size.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Those start and stop containers: `npm run test:containers`.
    exclude: ['test/containers/**'],
    tags: [
      { name: FULL_TAG, description: 'left out of the slice that `npm test` runs: test/size.ts' },
      { name: EXHAUSTIVE_TAG, description: 'left out of the gate as well' },
    ],
    // Of the command line by type, but read from here as well.
    ...{ tagsFilter: TAGS_OF_SIZE },
    reporters: ['default', './test/closing-lines.ts'],
    sequence: { sequencer: LongestFirst },
    // Most of a conformance case is waiting for a deadline of the engine's clock.
    maxConcurrency: 12,
    // What files import is loaded once by each worker: they share a process, and leave nothing behind in it.
    isolate: false,
    // Node runs TypeScript by itself: transforming each file once more in each worker only took time. Nothing here mocks modules.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    // Most files wait for engines and deadlines more than they compute; a machine of two cores would get a single worker.
    maxWorkers: 4,
    // For the many programs that tests start: each would compile the same files again.
    env: { NODE_COMPILE_CACHE: path.join(import.meta.dirname, 'node_modules/.cache/holdfast') },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
