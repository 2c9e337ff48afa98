/**
 * The images of engines in containers. Each engine's pin can be replaced by its own environment variable, for
 * an image that is already on the machine, a mirror, or another version.
 */
import type { EngineName } from '../../../strategies/strategy.ts'

export interface ContainerImage {
  /** The name that `docker run` takes. */
  readonly name: string
  /** The variable that replaces it. */
  readonly variable: string
}

/** The part of an engine's kind that concerns its image. */
interface Contained {
  readonly name: EngineName
  readonly container?: { image(): Promise<string> }
}

export function imageVariable({ name }: Contained): string {
  return `HOLDFAST_${name.toUpperCase()}_IMAGE`
}

/** Throws a `RangeError` for an engine that has no container. */
export async function imageOf(kind: Contained, env: NodeJS.ProcessEnv): Promise<ContainerImage> {
  const variable = imageVariable(kind)
  if (kind.container === undefined) throw new RangeError(`${kind.name} is not available in a container`)
  return { name: env[variable]?.trim() || (await kind.container.image()), variable }
}
