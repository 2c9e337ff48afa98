/** Goal: a type can be found by its name. Method: every name that these rooms export is exported nowhere else. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

/** Rooms whose types have names of their own. */
const ROOMS = ['harness/results/', 'harness/report/']

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
  const isOfRooms = ({ path }: Named): boolean => ROOMS.some((room) => path.startsWith(room))
  return [...Map.groupBy(names, ({ name }) => name)]
    .filter(([, places]) => places.length > 1 && places.some(isOfRooms))
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
    expect(shared([...all, ...planted.map((name) => ({ name, path: 'harness/trial/planted.ts' }))])).toEqual([
      'Trial: harness/results/trial.ts, harness/trial/planted.ts',
    ])
  })
})
