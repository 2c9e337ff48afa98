/** An engine of a run, with everything that affects its figures. */
import type { Static } from 'typebox'
import { list, object, optional, text, texts } from './schema.ts'
import { EngineNameSchema } from './strategies.ts'

export const EngineResultSchema = object({
  name: EngineNameSchema,
  /** Product and version, as the engine reports them. */
  version: text,
  /** Its origin: a URL, a container, a package, the PATH. */
  source: text,
  /** In a word, such as `durable` or `relaxed`. */
  durability: text,
  /** As the engine itself reports them, with the number of its nodes and the file system it writes to. */
  settings: texts,
  /** Settings of an existing server that limit what a verdict means, one clause each; absent if none. */
  caveats: optional(list(text)),
})

/** One engine of a run. */
export type EngineResult = Static<typeof EngineResultSchema>
