/**
 * `holdfast conform`: tests every property of the contract on one strategy, and reports what was not
 * checked.
 */
import { Command } from 'commander'
import type { CaseResult, ConformanceReport } from '../harness/conformance/conform.ts'
import { runSuites } from '../harness/conformance/conform.ts'
import { withoutEngine } from '../harness/engines/missing.ts'
import type { Engines } from '../harness/engines/open.ts'
import { isServiceUrl, loadService } from '../harness/entries/service/load-service.ts'
import { strategyNamed } from '../harness/entries/strategy-named.ts'
import { UsageError } from '../harness/entries/usage-error.ts'
import type { StrategyEntry } from '../strategies/registry.ts'
import { ENGINE_SOURCES, parseChoice } from './arguments.ts'
import { ofConformance, ofNotProven } from './ci/build-check.ts'
import { addCiOptions, type CiOptions, refuseUnwritableJunit, reportToCi } from './ci/report-to-ci.ts'
import { type Context, engineNames } from './context.ts'
import { listenForEnding } from './ending.ts'
import { type EngineChoice, openFor } from './engines.ts'
import { EXIT, EXIT_BY_SIGNAL, EXIT_CODES_HELP } from './exit-codes.ts'
import { printNotProven } from './not-proven.ts'
import { ADAPTER_OPTION, DURABILITY_OPTION, durabilityOf } from './options.ts'
import type { Sink } from './output.ts'
import { serverOptions, serversOf } from './servers.ts'
import { SUMMARIES } from './summaries.ts'

interface ConformOptions extends CiOptions {
  readonly strategy: string
  readonly adapter?: string
  readonly json?: true
  readonly engines?: string
  readonly durability?: string
}

const EXAMPLES = `
Examples:
  holdfast conform --strategy ./mine.ts
  holdfast conform --strategy postgres-nowait
  holdfast conform --strategy http://127.0.0.1:9000
  holdfast conform --strategy ./mine.ts --json > conformance.json
`

const EXITS = { passed: EXIT.asPromised, failed: EXIT.convicted, 'not-proven': EXIT.notProven } as const
const VERDICTS = {
  passed: ['good', 'PASSED'],
  failed: ['bad', 'FAILED'],
  'not-proven': ['doubtful', 'NOT PROVEN'],
} as const
const MARKS = {
  passed: ['good', 'passed '],
  failed: ['bad', 'FAILED '],
  'not-applicable': ['quiet', '   –   '],
  'not-run': ['doubtful', 'NOT RUN'],
} as const

export function conformCommand(context: Context): Command {
  const command = new Command('conform')
    .description(SUMMARIES.conform.about)
    .requiredOption(
      '--strategy <name, file or URL>',
      'a built-in strategy by name, a file of your own, or the address of a service',
    )
    .option(...ADAPTER_OPTION)
    .option('--json', 'prints only the report, as JSON, to stdout')
    .option('--engines <where>', `${ENGINE_SOURCES.join(' or ')} (default: ${ENGINE_SOURCES[0]})`)
    .option(...DURABILITY_OPTION)
    .addHelpText('after', EXAMPLES + EXIT_CODES_HELP)
    .action(async (options: ConformOptions) => {
      await conform(options, context)
    })
  for (const option of serverOptions(context.engines)) command.addOption(option)
  return addCiOptions(command)
}

async function conform(options: ConformOptions, context: Context): Promise<void> {
  const { out, err } = context.output
  await refuseUnwritableJunit(options)
  const entry = await entryFrom(options, context)
  using ending = listenForEnding((signal) =>
    err.write(`\n${signal}: stopping; the cases run so far are reported\n`),
  )
  await using opened = await openFor([entry], enginesOf(options, context), context, ending.signal)
  const [absent] = opened.missing
  if (absent !== undefined && !ending.signal.aborted) {
    const missing = withoutEngine(entry.name, absent)
    if (options.json)
      out.write(`${JSON.stringify({ strategy: entry.name, verdict: 'not-proven', ...absent })}\n`)
    printNotProven(options.json ? err : out, [missing])
    await reportToCi(options, { command: 'conform', judgements: [ofNotProven(missing)] }, context)
    context.finish(EXIT.notProven)
    return
  }
  const report = await tried(entry, opened.engines, AbortSignal.any([ending.signal, opened.lost]), err)
  if (options.json) out.write(`${JSON.stringify(asData(report), undefined, 2)}\n`)
  else print(out, report)
  await reportToCi(options, { command: 'conform', judgements: ofConformance(report) }, context)
  const cause = ending.cause()
  context.finish(cause === undefined ? EXITS[report.verdict] : EXIT_BY_SIGNAL[cause])
  opened.lost.throwIfAborted()
}

function entryFrom({ strategy, adapter }: ConformOptions, context: Context): Promise<StrategyEntry> {
  if (isServiceUrl(strategy)) return loadService(strategy, adapter)
  if (adapter !== undefined) throw new UsageError('--adapter maps the API of a service: give its address')
  return strategyNamed(strategy, engineNames(context))
}

/** Not durable by default, since nothing is measured. */
function enginesOf(options: ConformOptions, { engines: kinds }: Context): EngineChoice {
  return {
    durability: durabilityOf(options.durability ?? 'relaxed'),
    from: parseChoice(options.engines ?? ENGINE_SOURCES[0], '--engines', ENGINE_SOURCES),
    servers: serversOf(options, kinds),
  }
}

function tried(
  entry: StrategyEntry,
  engines: Engines,
  signal: AbortSignal,
  err: Sink,
): Promise<ConformanceReport> {
  return runSuites(entry, {
    engines,
    signal,
    onResult: ({ name, kind }, { done, all }) => {
      if (err.isTerminal) err.write(`\r\u001b[K${done} of ${all}: ${name.slice(0, err.columns - 16)}`)
      else if (kind === 'failed') err.write(`failed: ${name}\n`)
      if (err.isTerminal && done === all) err.write('\r\u001b[K')
    },
  })
}

/** Each property in its suite, then what was not checked, then the verdict. */
function print(out: Sink, { strategy, verdict, cases, engines, notChecked }: ConformanceReport): void {
  out.write(`${strategy}, on ${engines.length === 0 ? 'no engine' : engines.join('; ')}\n`)
  for (const [suite, all] of Map.groupBy(cases, (each) => each.suite)) {
    out.write(`\n${out.paint('strong', suite)}\n`)
    for (const each of all) printCase(out, each)
  }
  out.write(`\n${out.paint('strong', 'Not checked')}\n`)
  for (const line of notChecked) out.write(`  ${line}\n`)
  const count = (kind: CaseResult['kind']): number => cases.filter((each) => each.kind === kind).length
  const [tone, word] = VERDICTS[verdict]
  out.write(
    `\n${out.paint(tone, word)}: ${count('passed')} passed, ${count('failed')} failed, ${count('not-applicable')} not applicable, ${count('not-run')} not run\n`,
  )
}

function printCase(out: Sink, each: CaseResult): void {
  const [tone, mark] = MARKS[each.kind]
  out.write(`  ${out.paint(tone, mark)}  ${each.name}\n`)
  const deeper = (text: string): string => text.replaceAll(/^/gm, '             ')
  switch (each.kind) {
    case 'passed':
      return
    case 'failed':
      out.write(`${deeper(`${each.property}\n${each.reason}`)}\n`)
      // For an error that the strategy threw, its author needs the stack.
      if (each.stack !== undefined && each.isThrown) out.write(`${out.paint('quiet', deeper(each.stack))}\n`)
      return
    case 'not-applicable':
    case 'not-run':
      out.write(`${out.paint('quiet', deeper(each.why))}\n`)
  }
}

/** Without the error objects: their messages and stacks are included. */
function asData(report: ConformanceReport): unknown {
  return {
    ...report,
    cases: report.cases.map((each) => ({
      ...each,
      error: undefined,
      durationMs: Math.round(each.durationMs),
    })),
  }
}
