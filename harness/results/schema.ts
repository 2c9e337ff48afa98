/** The words in which the schemas of this room are written: typebox's own, with everything readonly. */
import Type, { type Static, type TProperties, type TSchema, type TUnsafe } from 'typebox'

/** An object with these fields. Fields that a newer version may have added are left as they are. */
export function object<Fields extends TProperties>(fields: Fields) {
  return Type.ReadonlyObject(Type.Object(fields))
}

/** `max`: how many items there may be. */
export function list<Item extends TSchema>(item: Item, max?: number) {
  return Type.ReadonlyObject(Type.Array(item), max === undefined ? {} : { maxItems: max })
}

/** Two things of different kinds, in this order. */
export function pair<First extends TSchema, Second extends TSchema>(first: First, second: Second) {
  return Type.ReadonlyObject(Type.Tuple([first, second]))
}

/** A field that may be absent. It is never there without a value. */
export function optional<Value extends TSchema>(value: Value) {
  return Type.Optional(value)
}

/** One of these texts. */
export function choice<const Values extends readonly [string, ...string[]]>(...values: Values) {
  return Type.Unsafe<Values[number]>(Type.Enum([...values]))
}

export const text = Type.String()

/** Texts by name, whatever the names. */
export const texts = Type.Unsafe<Readonly<Record<string, string>>>(
  // The usual pattern of a name stops at the end of a line, and what follows would not be looked at.
  Type.Record(Type.String({ pattern: '^[^]*$' }), text),
)

/** ISO 8601, by the wall clock: for the reader, and for the order of runs. */
export const wallClock = Type.String({ format: 'date-time' })

export const yesOrNo = Type.Boolean()

/** A whole number of things. */
export const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

/** A finite measure of something that cannot be less than nothing. */
export const figure = Type.Number({ minimum: 0 })

/** A finite measure of something that there must be some of. */
export const positive = Type.Number({ exclusiveMinimum: 0 })

/** Milliseconds since the first call of a history; a moment before it is negative. */
export const moment = Type.Number()

/** The very same type, optional and readonly fields included: neither only fits where the other does. */
type Same<One, Other> =
  (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false

/**
 * A schema of a type that another room owns: `describes<Race>()(object({ … }))` is of type `Race`, and does
 * not compile when the room adds, drops or changes a field, so that nothing is lost between the two.
 */
export function describes<Owned>() {
  return <Schema extends TSchema>(
    schema: Same<Static<Schema>, Owned> extends true ? Schema : never,
  ): TUnsafe<Owned> => Type.Unsafe<Owned>(schema)
}
