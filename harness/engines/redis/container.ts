/** Independent Redis servers, each in its own container. */
import type { ContainerAddress } from '../containers/group.ts'
import type { ContainerRecipe } from '../containers/recipe.ts'
import { loadLibrary } from '../containers/runtime.ts'
import { newPassword } from '../containers/start.ts'
import { containerArguments } from './settings.ts'
import { proveRedisSpeaks } from './url.ts'

export const start: ContainerRecipe['start'] = async ({ group, image, durability, servers }) => {
  const { RedisContainer } = await loadLibrary('redis', () => import('@testcontainers/redis'))
  const urls: string[] = []
  for (let node = 0; node < servers; node += 1) {
    const password = newPassword()
    const address = await group.start({
      engine: 'redis',
      title: 'Redis',
      image,
      port: 6379,
      container: new RedisContainer(image.name)
        .withCommand(['redis-server', ...containerArguments(durability === 'durable' ? 'always' : 'none')])
        .withPassword(password),
      isReady: async (at) => await answersPing(at, password),
    })
    urls.push(`redis://:${password}@${address.host}:${address.port}`)
  }
  return urls
}

async function answersPing({ host, port }: ContainerAddress, password: string): Promise<boolean> {
  try {
    await proveRedisSpeaks({ host, port, username: undefined, password, db: 0, tls: false }, undefined)
    return true
  } catch {
    return false
  }
}
