/**
 * Compiles a statement that is written as a template once for each place in the code: its text depends on the
 * templates that it is made of, and not on the values in them. The text is then also one string, which is
 * found in a list without being read again.
 */
import {
  type CompiledQuery,
  type OperationNode,
  PostgresQueryCompiler,
  type RawNode,
  type ValueNode,
} from 'kysely'

type RootOperation = Parameters<PostgresQueryCompiler['compileQuery']>[0]
type QueryId = Parameters<PostgresQueryCompiler['compileQuery']>[1]

/** What follows a template, by the number of the hole (counted through all of them) and what stands in it. */
interface Known {
  text: string | undefined
  readonly nested: Map<number, WeakMap<object, Known>>
}

export class CompileOnce extends PostgresQueryCompiler {
  readonly #roots = new WeakMap<object, Known>()

  override compileQuery<Row = unknown>(node: RootOperation, queryId: QueryId): CompiledQuery<Row> {
    const parameters: unknown[] = []
    const known = this.#find(node, parameters)
    if (known === undefined) return super.compileQuery(node, queryId) as CompiledQuery<Row>
    known.text ??= super.compileQuery(node, queryId).sql
    return { query: node, queryId, sql: known.text, parameters }
  }

  /** Undefined for what is not made of templates and values alone. */
  #find(node: RootOperation, parameters: unknown[]): Known | undefined {
    if (!isTemplate(node)) return undefined
    let known = from(this.#roots, node.sqlFragments)
    let holes = 0
    const walk = ({ parameters: filled }: RawNode): boolean => {
      for (const each of filled) {
        const hole = holes++
        if (isValue(each)) parameters.push(each.value)
        else if (isTemplate(each)) {
          known = from(inHole(known, hole), each.sqlFragments)
          if (!walk(each)) return false
        } else return false
      }
      return true
    }
    return walk(node) ? known : undefined
  }
}

function inHole({ nested }: Known, hole: number): WeakMap<object, Known> {
  const known = nested.get(hole) ?? new WeakMap<object, Known>()
  nested.set(hole, known)
  return known
}

function from(map: WeakMap<object, Known>, fragments: object): Known {
  let known = map.get(fragments)
  if (known === undefined) {
    known = { text: undefined, nested: new Map() }
    map.set(fragments, known)
  }
  return known
}

/** The parts of a template are the same object each time; those that a function puts together are not. */
function isTemplate(node: OperationNode): node is RawNode {
  return node.kind === 'RawNode' && 'raw' in (node as RawNode).sqlFragments
}

function isValue(node: OperationNode): node is ValueNode {
  return node.kind === 'ValueNode' && (node as ValueNode).immediate !== true
}
