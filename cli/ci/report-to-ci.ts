/** `--junit` and `--github`, of every command that judges strategies. */
import type { Command } from 'commander'
import { saveWhole } from '../../harness/save.ts'
import type { Context } from '../context.ts'
import { refuseUnwritableFile } from '../options.ts'
import type { BuildCheck } from './build-check.ts'
import { annotations } from './github.ts'
import { junitXml } from './junit.ts'

export interface CiOptions {
  readonly junit?: string
  readonly github?: true
}

export function addCiOptions(command: Command): Command {
  return command
    .option('--junit <file>', 'writes what was judged as JUnit XML, too')
    .option('--github', 'prints what failed as annotations of a GitHub workflow, on standard error')
}

/** Called before anything is started. */
export async function refuseUnwritableJunit({ junit }: CiOptions): Promise<void> {
  if (junit === undefined) return
  await refuseUnwritableFile(junit, '--junit')
}

export async function reportToCi(
  { junit, github }: CiOptions,
  { command, judgements }: { readonly command: string; readonly judgements: readonly BuildCheck[] },
  { output: { err } }: Context,
): Promise<void> {
  if (junit !== undefined) await saveWhole(junit, junitXml(command, judgements))
  if (github === true) err.write(annotations(judgements))
}
