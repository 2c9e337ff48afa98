/** The command line, with one engine more. */
import { main } from '../../../cli/main.ts'
import { engineKinds } from '../../../harness/engines/registry.ts'
import { memory } from './engine.ts'

await main(process.argv.slice(2), [...engineKinds, memory])
