/** Shows that a strategy lacks what it says: who asks for it is told so, and nothing is taken. */

import { inspect } from 'node:util'
import { resourceId } from '../../strategies/validation.ts'
import { ConformanceError, expectThat } from '../conformance/expectation.ts'
import {
  type Case,
  expectAvailable,
  fresh,
  held,
  newHold,
  request,
  resource,
  seats,
} from '../conformance/subject.ts'
import type { Capability } from './capabilities.ts'

const ABSENT: Readonly<Record<Capability, Case>> = {
  'several-lines': {
    name: 'a hold of two resources is refused with an error, and takes neither',
    property: 'What a strategy lacks throws and has no effect.',
    async run(subject) {
      const [one, other] = await seats(subject, 2)
      if (one === undefined || other === undefined) throw new Error('two seats were made')
      await mustThrow('a hold of two resources', subject.strategy.hold(request({ [one]: 1, [other]: 1 })))
      await expectAvailable(subject, one, 1)
      await expectAvailable(subject, other, 1)
    },
  },
  quantities: {
    name: 'more than one unit of a resource is refused with an error',
    property: 'What a strategy lacks throws and has no effect.',
    async run({ strategy }) {
      const id = resourceId(fresh('resource'))
      const asked = strategy
        .createResources([{ id, capacity: 2 }])
        .then(() => strategy.hold(request({ [id]: 2 })))
      await mustThrow('a resource of two units, and a hold of both', asked)
    },
  },
  release: {
    name: 'a release is refused with an error, and the hold lives on',
    property: 'What a strategy lacks throws and has no effect.',
    async run(subject) {
      const id = await resource(subject, 1)
      const { id: hold } = await held(subject.strategy, { [id]: 1 }, { id: newHold() })
      await mustThrow('a release', subject.strategy.release(hold))
      expectThat('a confirm after it', await subject.strategy.confirm(hold)).matches({ kind: 'confirmed' })
    },
  },
}

export function absenceOf(capability: Capability): Case {
  return ABSENT[capability]
}

async function mustThrow(what: string, call: Promise<unknown>): Promise<void> {
  const answered = await call.then(
    (answer) => ({ answer }),
    () => undefined,
  )
  if (answered === undefined) return
  const said = inspect(answered.answer)
  throw new ConformanceError(
    `${what}: declared as lacking, but it was answered with ${said}; take it off the list, or throw`,
  )
}
