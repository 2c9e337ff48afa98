/** Goal: a type can be found by its name. Method: no name is exported twice. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

/** Rooms whose types have names of their own: among themselves, and those of results and report also among tests and scripts. */
const ROOMS = ['cli/', 'harness/', 'strategies/']
const ROOMS_EVERYWHERE = ['harness/results/', 'harness/report/']

interface Named {
  readonly name: string
  readonly path: string
}

const root = join(import.meta.dirname, '../..')
const all: readonly Named[] = globSync('{cli,strategies,harness,test,k6}/**/*.ts', { cwd: root }).flatMap(
  (path) =>
    namesIn(readFileSync(join(root, path), 'utf8')).map((name) => ({
      name,
      path: path.replaceAll('\\', '/'),
    })),
)

/** What is declared and exported; what is passed on from elsewhere has its name already. */
function namesIn(text: string): readonly string[] {
  return [...text.matchAll(/^export (?:abstract )?(?:interface|type|class) (\w+)/gm)].map(
    ([, name = '']) => name,
  )
}

/** One line for each name of the rooms that something else has, too. */
function shared(names: readonly Named[]): readonly string[] {
  const isIn = (rooms: readonly string[], { path }: Named): boolean =>
    rooms.some((room) => path.startsWith(room))
  return [...Map.groupBy(names, ({ name }) => name)]
    .filter(
      ([, places]) =>
        places.filter((place) => isIn(ROOMS, place)).length > 1 ||
        (places.length > 1 && places.some((place) => isIn(ROOMS_EVERYWHERE, place))),
    )
    .map(([name, places]) => `${name}: ${places.map(({ path }) => path).join(', ')}`)
}

describe('an exported type', () => {
  test('of these rooms has a name of its own', () => {
    expect(all.length).toBeGreaterThan(200)
    expect(shared(all)).toEqual([])
  })

  test('that has the name of another would be found', () => {
    const planted = namesIn(
      '/** Two. */\nexport interface Trial {\n}\nexport type { Control } from "./control.ts"\n',
    )
    expect(planted).toEqual(['Trial'])
    const plantedIn = (path: string) => shared([...all, ...planted.map((name) => ({ name, path }))])
    expect(plantedIn('harness/trial/planted.ts')).toEqual([
      'Trial: harness/results/trial.ts, harness/trial/planted.ts',
    ])
    expect(plantedIn('test/planted.ts')).toEqual(['Trial: harness/results/trial.ts, test/planted.ts'])
    const batcher = { name: 'Batcher', path: 'cli/planted.ts' }
    expect(shared([...all, batcher])).toEqual([
      'Batcher: strategies/ledgers/writing/batcher.ts, cli/planted.ts',
    ])
    expect(shared([...all, { ...batcher, path: 'test/planted.ts' }])).toEqual([])
  })
})
