/**
 * The images of engines in containers: every pin stands here. Each can be replaced by its own environment variable, for an
 * image that is already on the machine, a mirror, or another version.
 */
import type { KnownEngine as EngineName } from '../../../strategies/registry.ts'
import { clientVersion } from '../tigerbeetle/client.ts'

export interface ContainerImage {
  /** As `docker run` takes it. */
  readonly name: string
  /** The variable that replaces it. */
  readonly variable: string
}

const IMAGES: Readonly<Record<EngineName, () => string>> = {
  postgres: () => 'postgres:18.4',
  redis: () => 'redis:8.2.1',
  // A cluster takes clients of its own release and of a few before it.
  tigerbeetle: () => `ghcr.io/tigerbeetle/tigerbeetle:${clientVersion()}`,
}

export function imageOf(engine: EngineName, env: NodeJS.ProcessEnv): ContainerImage {
  const variable = `HOLDFAST_${engine.toUpperCase()}_IMAGE`
  return { name: env[variable]?.trim() || IMAGES[engine](), variable }
}
