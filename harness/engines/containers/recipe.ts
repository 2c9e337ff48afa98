/** How an engine is started in containers: what its folder knows of it. */
import type { Durability } from '../durability.ts'
import type { ContainerGroup } from './group.ts'
import type { ContainerImage } from './images.ts'

interface ContainerStart {
  readonly group: ContainerGroup
  readonly image: ContainerImage
  readonly durability: Durability
  /** Servers to start, each in a container of its own where the engine has several independent ones. */
  readonly servers: number
}

export interface ContainerRecipe {
  /** The pinned image, as `docker run` takes it. */
  image(): Promise<string>
  /** Starts them, and answers their addresses once they answer. With passwords: not for printing. */
  start(start: ContainerStart): Promise<readonly string[]>
  /** The variables by which a run finds them; undefined takes one away. */
  variables(addresses: readonly string[]): NodeJS.ProcessEnv
}
