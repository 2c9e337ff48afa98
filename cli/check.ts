/** `holdfast check FILE`: checks a saved history again. */
import { Command } from 'commander'
import { describe } from '../harness/checker/conviction.ts'
import { HistoryJudge, type JudgeOptions } from '../harness/checker/judge.ts'
import type { Verdict } from '../harness/checker/verdict.ts'
import { isLong, operationsIn } from '../harness/checker/windows/long.ts'
import { judgeInWindows } from '../harness/checker/windows/windowed-judge.ts'
import { UsageError } from '../harness/entries/usage-error.ts'
import { encodingOfFile, HistoryFormatError, readParts } from '../harness/history/files.ts'
import type { HistoryPart } from '../harness/history/part.ts'
import type { HistoryHeader } from '../harness/history/record.ts'
import type { Context } from './context.ts'
import { requireReadable } from './history-file.ts'
import { SUMMARIES } from './summaries.ts'
import { VERDICT_EXITS, VERDICT_TONES } from './verdicts.ts'

const NOT_AUDITED =
  'The store was not audited: the answers do not contradict each other, but what was stored is unknown.'

interface CheckOptions {
  readonly json?: true
  readonly withoutAudit?: true
}

export function checkCommand({ output: { out }, finish }: Context): Command {
  return new Command('check')
    .description(SUMMARIES.check.about)
    .argument('<file>', 'a history kept by compare, or your own')
    .option('--json', 'the verdict as JSON; isAudited says whether it covers the store')
    .option(
      '--without-audit',
      'checks only the answers: valid then means that they do not contradict each other, not that they were stored',
    )
    .action(async (file: string, { json, withoutAudit }: CheckOptions) => {
      const { header, verdict, isAudited } = await judged(file, withoutAudit === true)
      if (json) {
        out.write(`${JSON.stringify({ ...verdict, isAudited }, undefined, 2)}\n`)
      } else {
        const text = describe(verdict, header)
        out.write(text.replace(/^[A-Z]+/, (word) => out.paint(VERDICT_TONES[verdict.verdict], word)))
        if (verdict.verdict === 'valid' && !isAudited) out.write(`${NOT_AUDITED}\n`)
      }
      finish(VERDICT_EXITS[verdict.verdict])
    })
}

interface JudgedFile {
  readonly header: HistoryHeader
  readonly verdict: Verdict
  readonly isAudited: boolean
}

async function judged(file: string, withoutAudit: boolean): Promise<JudgedFile> {
  const found = await requireReadable(file)
  let header: HistoryHeader | undefined
  let isAudited = false
  /** Notes what of the file is told besides the verdict. */
  async function* parts(): AsyncGenerator<HistoryPart, void, undefined> {
    for await (const part of readParts(file)) {
      if (part.kind === 'record' && part.record.type === 'history') header = part.record
      isAudited ||= part.kind === 'audit' || (part.kind === 'record' && part.record.type === 'audit')
      yield part
    }
  }
  /** A file with a header is a truncated history, whose verdict is unknown; without one it is no history. */
  const cutBy = (error: unknown): string => {
    if (!(error instanceof HistoryFormatError)) throw error
    if (header === undefined)
      throw new UsageError(`${file} is not a history: ${error.message}`, { cause: error })
    return error.message
  }
  const options = { requireAudit: withoutAudit ? false : ('if-sealed' as const) }
  const operationsExpected = operationsIn(found.size, await encodingOfFile(file))
  const verdict = isLong(operationsExpected)
    ? await judgeInWindows(parts, { ...options, cutBy, operationsExpected })
    : await judgeWhole(parts(), { ...options, cutBy })
  if (header === undefined) throw new UsageError(`${file} is not a history: it has no header`)
  return { header, verdict, isAudited }
}

async function judgeWhole(
  parts: AsyncIterable<HistoryPart>,
  { cutBy, ...options }: JudgeOptions & { readonly cutBy: (error: unknown) => string },
): Promise<Verdict> {
  const judge = new HistoryJudge(options)
  try {
    for await (const part of parts) judge.addPart(part)
  } catch (error) {
    judge.breakOff(cutBy(error))
  }
  return judge.verdict()
}
