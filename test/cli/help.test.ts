/**
 * Goal: the help that is shown without loading a command says what the commands themselves say. Method: both,
 * word for word.
 */
import { Command } from 'commander'
import { expect, it } from 'vitest'
import { COMMANDS, overviewOf } from '../../cli/main.ts'
import { openOutput } from '../../cli/output.ts'
import { SUMMARIES } from '../../cli/summaries.ts'
import { engineKinds } from '../../harness/engines/registry.ts'
import { FULL } from '../size.ts'

it('is that of the commands', FULL, async () => {
  const output = openOutput()
  const context = { output, env: {}, engines: engineKinds, program: 'holdfast', finish: () => {} }
  const loaded = new Command('holdfast').helpCommand('help [command]', 'how to use a command')
  for (const load of Object.values(COMMANDS)) loaded.addCommand(await load(context))
  const commandsIn = (help: string) => help.slice(help.indexOf('Commands:')).split('\n\n')[0]
  expect(commandsIn((await overviewOf(output)).helpInformation())).toBe(commandsIn(loaded.helpInformation()))
  expect(Object.keys(COMMANDS)).toEqual(Object.keys(SUMMARIES))
})
