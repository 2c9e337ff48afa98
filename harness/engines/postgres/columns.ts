/** The columns of an answer, and rows made of them. */
import pg from 'pg'

export type Row = Record<string, unknown>

export interface AnswerColumns {
  readonly fields: readonly pg.FieldDef[]
  readonly parsers: readonly ((value: string) => unknown)[]
  /** A row without values: copies of it have all columns from the beginning, in one shape. */
  readonly empty: Readonly<Row>
}

export const NO_COLUMNS: AnswerColumns = { fields: [], parsers: [], empty: {} }

export function columnsOf(fields: readonly pg.FieldDef[]): AnswerColumns {
  const empty: Row = {}
  for (const { name } of fields) {
    // Not by assignment: a column may be called __proto__.
    Object.defineProperty(empty, name, { value: null, writable: true, enumerable: true, configurable: true })
  }
  return {
    fields,
    parsers: fields.map(({ dataTypeID }) => pg.types.getTypeParser(dataTypeID, 'text')),
    empty,
  }
}

/** As the library reads them. Throws what a parser throws. */
export function rowOf({ fields, parsers, empty }: AnswerColumns, values: readonly (string | null)[]): Row {
  const row = { ...empty }
  for (let at = 0; at < values.length; at++) {
    const value = values[at] ?? null
    const name = fields[at]?.name
    if (value !== null && name !== undefined) row[name] = parsers[at]?.(value)
  }
  return row
}
