/** PostgreSQL in a container. */
import pg from 'pg'
import type { ContainerAddress } from '../containers/group.ts'
import type { ContainerRecipe } from '../containers/recipe.ts'
import { loadLibrary } from '../containers/runtime.ts'
import { newPassword } from '../containers/start.ts'
import { containerArguments } from './settings.ts'

/** Time limit for one request to a server that may not be running yet. */
const PROBE_DEADLINE_MS = 2_000
/** Longer than any run. */
const UNHEARD_OF_MS = 24 * 60 * 60_000

export const start: ContainerRecipe['start'] = async ({ group, image, durability }) => {
  const { PostgreSqlContainer } = await loadLibrary('postgres', () => import('@testcontainers/postgresql'))
  const password = newPassword()
  const urlOf = ({ host, port }: ContainerAddress): string =>
    `postgres://holdfast:${password}@${host}:${port}/holdfast`
  const address = await group.start({
    engine: 'postgres',
    title: 'PostgreSQL',
    image,
    port: 5432,
    container: new PostgreSqlContainer(image.name)
      .withUsername('holdfast')
      .withPassword(password)
      .withDatabase('holdfast')
      .withCommand(['postgres', ...containerArguments(durability)])
      // The image's own health check would run four times a second, also during measurements.
      .withHealthCheck({ test: ['CMD-SHELL', 'true'], interval: UNHEARD_OF_MS }),
    isReady: async (at) => await answersQuery(urlOf(at)),
  })
  return [urlOf(address)]
}

async function answersQuery(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: PROBE_DEADLINE_MS })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select 1')
    return true
  } catch {
    return false
  } finally {
    void client.end().catch(() => undefined)
  }
}
