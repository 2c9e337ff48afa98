/** `holdfast check FILE`: checks a saved history again. */
import { stat } from 'node:fs/promises'
import { Command } from 'commander'
import { describe } from '../harness/checker/conviction.ts'
import { HistoryJudge } from '../harness/checker/judge.ts'
import type { Verdict } from '../harness/checker/verdict.ts'
import { UsageError } from '../harness/entries/usage-error.ts'
import { HistoryFormatError, readParts } from '../harness/history/files.ts'
import type { HistoryHeader } from '../harness/history/record.ts'
import type { Context } from './context.ts'
import { SUMMARIES } from './summaries.ts'
import { VERDICT_EXITS, VERDICT_TONES } from './verdicts.ts'

/** Histories of this format are sealed: their audit is missing only if there was none. */
const WITH_AUDIT = 2

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

async function judged(
  file: string,
  withoutAudit: boolean,
): Promise<{ readonly header: HistoryHeader; readonly verdict: Verdict; readonly isAudited: boolean }> {
  const found = await stat(file).catch(() => undefined)
  if (found === undefined) throw new UsageError(`the file ${file} does not exist`)
  if (!found.isFile()) throw new UsageError(`${file} is not a file`)
  let judge = new HistoryJudge()
  let header: HistoryHeader | undefined
  let isAudited = false
  try {
    for await (const part of readParts(file)) {
      if (part.kind === 'record' && part.record.type === 'history') {
        header = part.record
        judge = new HistoryJudge({ requireAudit: !withoutAudit && header.format === WITH_AUDIT })
      }
      isAudited ||= part.kind === 'audit' || (part.kind === 'record' && part.record.type === 'audit')
      judge.addPart(part)
    }
  } catch (error) {
    if (!(error instanceof HistoryFormatError)) throw error
    // A file with a header is a truncated history, whose verdict is unknown; without one it is no history.
    if (header === undefined)
      throw new UsageError(`${file} is not a history: ${error.message}`, { cause: error })
    judge.breakOff(error.message)
  }
  if (header === undefined) throw new UsageError(`${file} is not a history: it has no header`)
  return { header, verdict: judge.verdict(), isAudited }
}
