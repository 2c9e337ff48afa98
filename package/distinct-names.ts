/** Makes the declarations of what is bundled fit for the bundler of declarations. */
import type { Plugin } from 'rolldown'
import { BUNDLED } from './programs.ts'

/**
 * In the types of what is bundled, a namespace may have the name of a type parameter, and a function that of a
 * global type. The bundler of declarations takes one for the other, so they get names of their own.
 */
export const distinctNames: Plugin = {
  name: 'distinct names',
  transform: {
    order: 'pre',
    handler(code, id) {
      if (!id.includes(`node_modules/${BUNDLED}/`) || !id.endsWith('.d.mts')) return null
      let changed = code
      for (const name of importedNamespaces(code)) {
        if (!new RegExp(`\\binfer ${name}\\b|\\b${name} extends\\b`).test(code)) continue
        changed = changed
          .replace(`import * as ${name} from`, `import * as In${name} from`)
          .replace(new RegExp(`(import \\{[^}]*)\\b${name}\\b(?=[^}]*\\} from)`), `$1${name} as In${name}`)
          .replaceAll(new RegExp(`\\b${name}\\.(?=\\w)`, 'g'), `In${name}.`)
      }
      if (/(?<!function )\bRecord</.test(changed)) {
        changed = `${changed.replaceAll(/(?<!function )\bRecord</g, 'PlainRecord<')}
type PlainRecord<Key extends PropertyKey, Value> = { [Each in Key]: Value };
`
      }
      return changed === code ? null : { code: changed, map: null }
    },
  },
}

/** What is imported and not as a type alone. */
function importedNamespaces(code: string): readonly string[] {
  const whole = [...code.matchAll(/import \* as (\w+) from/g)].map(([, name = '']) => name)
  const named = [...code.matchAll(/import \{([^}]*)\} from/g)].flatMap(([, list = '']) => list.split(','))
  return [...whole, ...named.map((name) => name.trim()).filter((name) => /^\w+$/.test(name))]
}
