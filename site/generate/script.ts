/** The strings of a script, from its syntax tree (ESTree). */

export interface ParsedScript {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [part: string]: unknown
}

interface ScriptString {
  readonly start: number
  readonly end: number
  /** Of a template: the text between its expressions. */
  readonly isTemplate: boolean
}

/** In their order. */
export function parseScript(tree: ParsedScript): readonly ScriptString[] {
  const found: ScriptString[] = []
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit)
    if (!isNode(value)) return
    if (value.type === 'TemplateElement') found.push({ start: value.start, end: value.end, isTemplate: true })
    if (value.type === 'Literal' && typeof value.value === 'string')
      found.push({ start: value.start, end: value.end, isTemplate: false })
    for (const part of Object.values(value)) visit(part)
  }
  visit(tree)
  return found.toSorted((one, other) => one.start - other.start)
}

function isNode(value: unknown): value is ParsedScript {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value
}
