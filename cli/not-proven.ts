/** Reports what could not be tested, and decides which of it is a failure of the run. */
import { engineKinds } from '../harness/engines/registry.ts'
import { unknownName } from '../harness/entries/did-you-mean.ts'
import { UsageError } from '../harness/entries/usage-error.ts'
import { inBrackets } from '../harness/report/format.ts'
import type { NotProven } from '../harness/results/strategies.ts'
import type { EngineName } from '../strategies/strategy.ts'
import { type Context, engineNames } from './context.ts'
import type { Sink } from './output.ts'

/** Prominently, grouped by reason: a missing engine must not be overlooked. */
export function printNotProven(sink: Sink, all: readonly NotProven[]): void {
  for (const [why, same] of Map.groupBy(all, (each) => each.why)) {
    const names = same.map(({ strategy }) => strategy).join(', ')
    const { remedy = '', code } = same[0] ?? {}
    sink.write(`\n${sink.paint('bad', 'NOT PROVEN')}: ${names}\n  ${why}${inBrackets(code)}\n`)
    if (remedy !== '') sink.write(`  To fix it: ${remedy}\n`)
  }
}

/** Engines that are installed with Holdfast. */
const bundled: ReadonlySet<EngineName> = new Set(
  engineKinds.flatMap(({ name, isBundled }) => (isBundled ? [name] : [])),
)

/**
 * The missing engines that are optional: neither bundled, as those of the control are, nor in
 * REQUIRE_ENGINES.
 */
export function dispensable(
  missing: readonly { readonly name: EngineName }[],
  env: NodeJS.ProcessEnv,
): readonly EngineName[] {
  const required = requiredEngines(env)
  return missing.map(({ name }) => name).filter((name) => !bundled.has(name) && !required.includes(name))
}

/** The engines in REQUIRE_ENGINES. */
export function requiredEngines(env: NodeJS.ProcessEnv): readonly EngineName[] {
  const names = (env.REQUIRE_ENGINES ?? '').split(',').map((name) => name.trim())
  return names.filter((name) => name !== '')
}

/** Throws a `UsageError` for a name in REQUIRE_ENGINES that no engine has: nothing would ever miss it. */
export function refuseUnknownRequired(context: Pick<Context, 'env' | 'engines'>): void {
  const known = engineNames(context)
  for (const name of requiredEngines(context.env)) {
    if (!known.includes(name)) throw new UsageError(`REQUIRE_ENGINES: ${unknownName('engine', name, known)}`)
  }
}
