/**
 * Goal: the help that is shown without loading a command says what the commands themselves say, and a terminal of any width
 * tears no word of it. Method: both, word for word; the same help at several widths.
 */
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { fitHelp } from '../../cli/help-text.ts'
import { COMMANDS, overviewOf, programOf } from '../../cli/main.ts'
import { openOutput } from '../../cli/output.ts'
import { SUMMARIES } from '../../cli/summaries.ts'
import { engineKinds } from '../../harness/engines/registry.ts'
import { COLUMNS_MAX } from '../../harness/report/tone.ts'
import { FULL } from '../size.ts'
import { contextWith } from './context.ts'

it('is that of the commands', FULL, async () => {
  const output = openOutput()
  const context = { output, env: {}, engines: engineKinds, program: 'holdfast', finish: () => {} }
  const loaded = fitHelp(new Command('holdfast'), output.out).helpCommand(
    'help [command]',
    'how to use a command',
  )
  for (const load of Object.values(COMMANDS)) loaded.addCommand(await load(context))
  const commandsIn = (help: string) => help.slice(help.indexOf('Commands:')).split('\n\n')[0]
  expect(commandsIn((await overviewOf(output)).helpInformation())).toBe(commandsIn(loaded.helpInformation()))
  expect(Object.keys(COMMANDS)).toEqual(Object.keys(SUMMARIES))
})

describe.for(['faults', 'compare', 'explore'] as const)('the help of %s', (name) => {
  async function helpAt(columns: number): Promise<string> {
    const context = contextWith()
    const output = { ...context.output, out: { ...context.output.out, columns } }
    const program = programOf(output)
    const command = await COMMANDS[name]({ ...context, output })
    program.addCommand(command.copyInheritedSettings(program))
    await expect(program.parseAsync([name, '--help'], { from: 'user' })).rejects.toThrow('outputHelp')
    return context.out()
  }
  const wordsOf = (text: string) => text.split(/\s+/).filter(Boolean)

  it.for([40, 60, 80, 100, 500])('at %d columns has every word whole, and no wider line', async (columns) => {
    const help = await helpAt(columns)
    expect(wordsOf(help)).toEqual(wordsOf(await helpAt(COLUMNS_MAX)))
    for (const line of help.split('\n'))
      if (wordsOf(line).length > 1)
        expect(line.length, line).toBeLessThanOrEqual(Math.min(columns, COLUMNS_MAX))
  })

  it('names no default that is empty', async () => {
    expect(await helpAt(COLUMNS_MAX)).not.toContain('[])')
  })
})
