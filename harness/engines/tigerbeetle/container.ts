/** TigerBeetle in a container. */
import type { ContainerRecipe } from '../containers/recipe.ts'
import { loadLibrary } from '../containers/runtime.ts'
import { containerScript } from './settings.ts'

const PORT = 3000

export const start: ContainerRecipe['start'] = async ({ group, image }) => {
  const { GenericContainer } = await loadLibrary('tigerbeetle', () => import('testcontainers'))
  const { host, port } = await group.start({
    engine: 'tigerbeetle',
    title: 'TigerBeetle',
    image,
    port: PORT,
    container: new GenericContainer(image.name)
      .withExposedPorts(PORT)
      // It writes with io_uring, which Docker's usual profile forbids.
      .withSecurityOpt('seccomp=unconfined')
      // It also locks all of its memory, so that it is never swapped.
      .withAddedCapabilities('IPC_LOCK')
      .withEntrypoint(['/bin/sh', '-c', containerScript(PORT)]),
    // Docker itself accepts connections to the port before the server does.
    isReady: async (_at, printed) => / listening on /.test(await printed()),
  })
  return [`${host}:${port}`]
}
