/** Ways through a recorded tree, for tests. */
import type { RecordedNode, RecordedStep } from '../../../learn/scheduler/data/recording.ts'
import type { Move } from '../../../learn/scheduler/page/game.ts'

export interface TreePath {
  readonly moves: readonly Move[]
  readonly steps: readonly RecordedStep[]
  readonly node: RecordedNode
}

/** Every position that can be reached by recorded steps, from the root on. */
export function* pathsOf(root: RecordedNode): Generator<TreePath> {
  const open: TreePath[] = [{ moves: [], steps: [], node: root }]
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    yield path
    const { moves, steps, node } = path
    for (const { token, steps: ways } of node.choices) {
      ways.forEach((step, way) => {
        open.push({ moves: [...moves, { token, way }], steps: [...steps, step], node: step.to })
      })
    }
  }
}
