/** An engine as the run found it: figures without version and durability compare nothing. */
import type { Static } from 'typebox'
import { list, object, optional, text, texts } from './schema.ts'
import { EngineNameSchema } from './strategies.ts'

export const EngineResultSchema = object({
  name: EngineNameSchema,
  /** Product and version, as it reports itself. */
  version: text,
  /** Where it came from: a URL, a container, a package, the path. */
  source: text,
  /** In a word, such as `durable` or `relaxed`. */
  durability: text,
  /** As the engine itself reports them, with the number of its nodes and the file system it writes to. */
  settings: texts,
  /**
   * What a reader of a verdict has to know of a server that was found, one clause each; absent where there
   * is nothing.
   */
  caveats: optional(list(text)),
})

/** One engine of a run. */
export type EngineResult = Static<typeof EngineResultSchema>
