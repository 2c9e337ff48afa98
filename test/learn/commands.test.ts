/**
 * Goal: lesson, exercise and grade keep what they are told, overwrite nothing, and answer wrong input in one
 * sentence before anything is started. Method: the commands in this process, with what they print.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Context } from '../../cli/context.ts'
import { EXIT } from '../../cli/exit-codes.ts'
import { exerciseCommand } from '../../cli/learn/exercise.ts'
import { gradeCommand } from '../../cli/learn/grade.ts'
import { lessonCommand } from '../../cli/learn/lesson.ts'
import { readMark, saveMark } from '../../learn/exercises/folder.ts'
import { exerciseOf, exercises } from '../../learn/exercises/registry.ts'
import { readProgress } from '../../learn/lessons/progress.ts'
import { runCommand } from './run-command.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'holdfast-learn-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const inFolder = (name: string) => path.join(folder, name)
const progress = () => ['--progress', inFolder('progress.json')]

const run = (command: (context: Context) => Command, ...args: readonly string[]) => runCommand(command, args)

describe('lesson', () => {
  const lesson = (...args: string[]) => run(lessonCommand, ...args, ...progress())

  it('asks for a prediction before it tells anything, and keeps the first one', async () => {
    const before = await lesson('6')
    expect(before.said).toContain('holdfast lesson 6 --predict a|b|c|d')
    expect(before.said).not.toContain('What happened')
    const after = await lesson('6', '--predict', 'b')
    expect(after.said).toContain('You predicted b; it was d.')
    expect(after.said).toContain('holdfast explore --strategy redis-setnx')
    expect(readProgress(inFolder('progress.json')).predictions).toMatchObject({ 6: { letter: 'b' } })
    await expect(lesson('6', '--predict', 'd')).rejects.toThrow('has your prediction already, b')
    expect((await lesson('6')).said).toContain('You predicted b; it was d.')
    expect((await lesson()).said).toContain('predicted b; it was d')
  })

  it('shows a lesson without one if told so, and keeps nothing', async () => {
    expect((await lesson('4', '--skip')).said).toContain('The answer, in ninety seconds')
    expect(readProgress(inFolder('progress.json')).predictions).toEqual({})
  })

  it('refuses what is no lesson, no letter and no progress', async () => {
    await expect(lesson('99')).rejects.toThrow('there is no lesson "99": they go from 1 to 15')
    await expect(lesson('one')).rejects.toThrow('there is no lesson "one"')
    await expect(lesson('6', '--predict', 'e')).rejects.toThrow(
      '--predict takes one of a, b, c, d, not "e": "holdfast lesson 6" says what each stands for',
    )
    for (const text of ['{', '{"format":1,"predictions":[7],"exercises":{}}', '[]']) {
      await writeFile(inFolder('progress.json'), text)
      await expect(lesson('6')).rejects.toThrow('move it away')
    }
    expect(await readFile(inFolder('progress.json'), 'utf8')).toBe('[]')
  })
})

describe('exercise', () => {
  it('makes a folder once, and says how it goes on', async () => {
    const { said, code } = await run(exerciseCommand, '3', inFolder('three'))
    expect(code).toBe(EXIT.asPromised)
    expect(said).toContain('holdfast grade ')
    expect(await readFile(inFolder('three/strategy.mts'), 'utf8')).toContain('Exercise 3')
    expect(await readFile(inFolder('three/README.md'), 'utf8')).toContain('# Exercise 3: A payment')
    expect(readMark(inFolder('three'))).toMatchObject({ exercise: 3, hints: 0 })
    await writeFile(inFolder('three/strategy.mts'), 'mine')
    await expect(run(exerciseCommand, '3', inFolder('three'))).rejects.toThrow('is not empty')
    expect(await readFile(inFolder('three/strategy.mts'), 'utf8')).toBe('mine')
  })

  it.for(exercises)('$number can begin with nothing', async (exercise) => {
    const { number, empty } = exercise
    await run(exerciseCommand, String(number), inFolder('empty'), '--empty')
    const text = await readFile(inFolder('empty/strategy.mts'), 'utf8')
    const [head = '', rest = ''] = text.split(' */\n', 2)
    expect(head).toContain(`Exercise ${number}, from nothing`)
    expect(head.replaceAll(/\n \* ?/g, ' ')).toContain(`Your task: ${empty.task}`)
    expect(head.split('\n').filter((line) => line.length > 110)).toEqual([])
    expect(rest).toContain('import {')
    expect(await readFile(inFolder('empty/README.md'), 'utf8')).toContain(empty.task)
    expect(readMark(inFolder('empty'))).toEqual({
      format: 1,
      exercise: number,
      isEmpty: true,
      hints: 0,
      look: '',
    })
  })

  it('refuses what is no exercise, and a file in the place of a folder', async () => {
    await expect(run(exerciseCommand, '99', inFolder('x'))).rejects.toThrow(
      'there is no exercise "99": they go from 1 to 15',
    )
    await writeFile(inFolder('file'), '')
    await expect(run(exerciseCommand, '1', inFolder('file'))).rejects.toThrow('is a file')
    await expect(run(exerciseCommand, '1', '')).rejects.toThrow('the name of the folder is empty')
  })
})

describe('grade', () => {
  const grade = (...args: string[]) => run(gradeCommand, ...args, ...progress())

  it('refuses a folder without an exercise, and one that is not as it was made', async () => {
    await expect(grade(folder)).rejects.toThrow('holdfast exercise 1 makes one')
    await expect(grade(inFolder('nowhere'))).rejects.toThrow('there is no exercise in')
    for (const text of ['{', '{"format":1,"exercise":"six"}', 'null']) {
      await writeFile(inFolder('exercise.json'), text)
      await expect(grade(folder)).rejects.toThrow('exercise.json')
    }
    await saveMark(folder, { exercise: 77, hints: 0, look: '' })
    await expect(grade(folder)).rejects.toThrow('exercise 77, which this version does not have')
  })

  it('says where a file does not compile, and that there is none', async () => {
    await run(exerciseCommand, '1', inFolder('one'))
    await writeFile(inFolder('one/strategy.mts'), 'export const create = (\n')
    await expect(grade(inFolder('one'))).rejects.toThrow('strategy.mts')
    await rm(inFolder('one/strategy.mts'))
    await expect(grade(inFolder('one'))).rejects.toThrow('does not exist')
    await expect(grade(inFolder('one'), '--strategy', 'mine.mts')).rejects.toThrow('address of a service')
    expect(readProgress(inFolder('progress.json')).exercises).toEqual({})
  })

  it('gives hints after the first grade, one at a time, and then no more', async () => {
    await mkdir(inFolder('six'))
    await saveMark(inFolder('six'), { exercise: 6, hints: 0, look: '' })
    await expect(grade(inFolder('six'), '--hint')).rejects.toThrow('hints come after the first grade')
    await saveMark(inFolder('six'), { exercise: 6, hints: 0, look: 'holdfast replay this' })
    expect((await grade(inFolder('six'), '--hint')).said).toBe(
      'Hint 1 of 4: See it step by step: holdfast replay this\n',
    )
    expect((await grade(inFolder('six'), '--hint')).said).toContain('Hint 2 of 4: ')
    expect((await run(lessonCommand, ...progress())).said).toContain('not passed yet (0 graded, 2 hints)')
    await saveMark(inFolder('six'), { exercise: 6, hints: 0, look: 'holdfast grade six' })
    expect((await grade(inFolder('six'), '--hint')).said).toBe(
      'Hint 1 of 4: Read once more what was found: holdfast grade six\n',
    )
    await saveMark(inFolder('six'), { exercise: 6, hints: 4, look: 'holdfast replay this' })
    expect((await grade(inFolder('six'), '--hint')).said).toContain('That was all of the 4 hints')
    expect(readProgress(inFolder('progress.json')).exercises['6']).toMatchObject({ tries: 0, hints: 3 })
  })

  it('gives other hints where the usual ones are about what is not there', async () => {
    await mkdir(inFolder('five'))
    const look = 'holdfast replay this'
    for (const isEmpty of [undefined, true] as const) {
      await saveMark(inFolder('five'), { exercise: 5, hints: 1, look, ...(isEmpty && { isEmpty }) })
      const { said } = await grade(inFolder('five'), '--hint')
      const { hints, empty } = exerciseOf(5) ?? expect.fail('there is an exercise 5')
      expect(said).toBe(`Hint 2 of 4: ${(isEmpty ? empty.hints : hints)?.[0]}\n`)
    }
  })
})
