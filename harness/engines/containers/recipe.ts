/** How an engine is started in containers; each engine's folder provides one. */
import type { Durability } from '../durability.ts'
import type { ContainerGroup } from './group.ts'
import type { ContainerImage } from './images.ts'

interface ContainerStart {
  readonly group: ContainerGroup
  readonly image: ContainerImage
  readonly durability: Durability
  /** Servers to start; several independent servers each get their own container. */
  readonly servers: number
}

export interface ContainerRecipe {
  /** The pinned image, by the name that `docker run` takes. */
  image(): Promise<string>
  /** Starts them, and returns their addresses once they answer. With passwords: not for printing. */
  start(start: ContainerStart): Promise<readonly string[]>
  /** The environment variables by which a run finds them; undefined removes one. */
  variables(addresses: readonly string[]): NodeJS.ProcessEnv
}
