/** The building blocks of schemas: those of typebox, but readonly. */
import Type, { type Static, type TProperties, type TSchema, type TUnsafe } from 'typebox'

/** An object with these fields. Unknown fields, which a newer version may have added, are kept. */
export function object<Fields extends TProperties>(fields: Fields) {
  return Type.ReadonlyObject(Type.Object(fields))
}

/** `max`: the maximum number of items. */
export function list<Item extends TSchema>(item: Item, max?: number) {
  return Type.ReadonlyObject(Type.Array(item), max === undefined ? {} : { maxItems: max })
}

/** A tuple of two. */
export function pair<First extends TSchema, Second extends TSchema>(first: First, second: Second) {
  return Type.ReadonlyObject(Type.Tuple([first, second]))
}

/** A field that may be absent, but not undefined. */
export function optional<Value extends TSchema>(value: Value) {
  return Type.Optional(value)
}

/** One of these strings. */
export function choice<const Values extends readonly [string, ...string[]]>(...values: Values) {
  return Type.Unsafe<Values[number]>(Type.Enum([...values]))
}

export const text = Type.String()

/** Strings by any names. */
export const texts = Type.Unsafe<Readonly<Record<string, string>>>(
  // The default pattern does not match names with line breaks, whose values would not be validated.
  Type.Record(Type.String({ pattern: '^[^]*$' }), text),
)

/** ISO 8601, by the wall clock: for readers, and for the order of runs. */
export const wallClock = Type.String({ format: 'date-time' })

export const yesOrNo = Type.Boolean()

/** A non-negative integer. */
export const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

/** A finite non-negative number. */
export const figure = Type.Number({ minimum: 0 })

/** A finite positive number. */
export const positive = Type.Number({ exclusiveMinimum: 0 })

/** Milliseconds since the first call of a history; may be negative. */
export const moment = Type.Number()

/** Whether two types are identical, including optional and readonly fields. */
type Same<One, Other> =
  (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false

/**
 * A schema of a type that another room owns: `describes<Race>()(object({ … }))` has the type `Race`, and
 * does not compile if a field of `Race` is missing or different.
 */
export function describes<Owned>() {
  return <Schema extends TSchema>(
    schema: Same<Static<Schema>, Owned> extends true ? Schema : never,
  ): TUnsafe<Owned> => Type.Unsafe<Owned>(schema)
}
