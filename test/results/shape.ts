/** What a schema says of its values: ones to write, and the places of its fields. */
import fc from 'fast-check'

/** JSON Schema, as far as the schemas of results use it. */
interface Shape {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly maxItems?: number
  readonly items?: Shape | readonly Shape[]
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  readonly patternProperties?: Readonly<Record<string, Shape>>
}

/** `whole`: every optional field is there, and every list has an item. */
export type Extent = 'any' | 'whole'

/** Longer lists show nothing more. */
const ITEMS_MAX = 3
/** Years of four digits. */
const MOMENTS = { min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }

/** Every value that the schema allows, as JSON can say it. Throws for a schema that it has no values for. */
export function valuesOf(schema: object, extent: Extent = 'any'): fc.Arbitrary<unknown> {
  const shape: Shape = schema
  if (shape.const !== undefined) return fc.constant(shape.const)
  if (shape.enum !== undefined) return fc.constantFrom(...shape.enum)
  switch (shape.type) {
    case 'string':
      return shape.format === 'date-time'
        ? fc.date(MOMENTS).map((date) => date.toISOString())
        : fc.string({ unit: 'binary' })
    case 'boolean':
      return fc.boolean()
    case 'integer':
      return fc.integer({ min: shape.minimum ?? -1_000, max: shape.maximum ?? 1_000 })
    case 'number':
      return numbers(shape)
    case 'array':
      return lists(shape, extent)
    case 'object':
      return shape.patternProperties === undefined ? objects(shape, extent) : records(shape, extent)
    default:
      throw new Error(`there are no values for ${JSON.stringify(shape)}`)
  }
}

function numbers({ minimum, exclusiveMinimum }: Shape): fc.Arbitrary<number> {
  const least = exclusiveMinimum ?? minimum
  return (
    fc
      .double({
        noNaN: true,
        noDefaultInfinity: true,
        ...(least !== undefined && { min: least, minExcluded: exclusiveMinimum !== undefined }),
      })
      // JSON has no negative zero.
      .map((number) => (number === 0 ? 0 : number))
  )
}

function lists({ items = {}, maxItems = ITEMS_MAX }: Shape, extent: Extent): fc.Arbitrary<unknown> {
  if (isList(items)) return fc.tuple(...items.map((item) => valuesOf(item, extent)))
  return fc.array(valuesOf(items, extent), {
    minLength: extent === 'whole' ? 1 : 0,
    maxLength: Math.min(maxItems, ITEMS_MAX),
  })
}

function objects({ properties = {}, required = [] }: Shape, extent: Extent): fc.Arbitrary<unknown> {
  const fields = Object.entries(properties).map(([name, each]) => [name, valuesOf(each, extent)] as const)
  return fc.record(Object.fromEntries(fields), {
    requiredKeys: extent === 'whole' ? Object.keys(properties) : [...required],
    noNullPrototype: true,
  })
}

function records({ patternProperties = {} }: Shape, extent: Extent): fc.Arbitrary<unknown> {
  const [value = {}] = Object.values(patternProperties)
  return fc.dictionary(fc.string({ unit: 'binary' }), valuesOf(value, extent), {
    minKeys: extent === 'whole' ? 1 : 0,
    maxKeys: ITEMS_MAX,
    noNullPrototype: true,
  })
}

/** One field of a schema: its path in a value whose every list is asked for its first item. */
export interface Field {
  readonly path: readonly (string | number)[]
  readonly isRequired: boolean
}

/** Every field and every item, at any depth, but for those of records, whose names are anybody's. */
export function fieldsOf(schema: object, path: Field['path'] = []): readonly Field[] {
  const shape: Shape = schema
  const { properties = {}, required = [], items } = shape
  const own = Object.entries(properties).map(([name, each]) => ({
    path: [...path, name],
    isRequired: required.includes(name),
    each,
  }))
  const listed = items === undefined ? [] : isList(items) ? items : [items]
  const inside = listed.map((each, at) => ({ path: [...path, at], isRequired: false, each }))
  return [...own, ...inside].flatMap(({ each, ...field }) => [field, ...fieldsOf(each, field.path)])
}

/** The same schema, but for fields that it does not know: it allows none. */
export function strict(schema: object): object {
  const shape: Shape = schema
  const { properties, items } = shape
  return {
    ...shape,
    ...(properties !== undefined && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, strict(each)])),
      additionalProperties: false,
    }),
    ...(items !== undefined && { items: isList(items) ? items.map(strict) : strict(items) }),
  }
}

function isList(items: Shape | readonly Shape[]): items is readonly Shape[] {
  return Array.isArray(items)
}
