/**
 * JUnit's XML, as Jenkins, GitLab and GitHub's actions read it. What was not proven is an `error`: a build
 * must not take it for a pass.
 */
import type { BuildCheck } from './build-check.ts'

export function junitXml(command: string, judgements: readonly BuildCheck[]): string {
  const suites = [...Map.groupBy(judgements, ({ group }) => group)].map(([group, all]) => suite(group, all))
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${attributes({ name: `holdfast ${command}`, ...counts(judgements) })}>`,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n')
}

function suite(group: string, all: readonly BuildCheck[]): string {
  const cases = all.map((each) => testCase(group, each))
  return [`  <testsuite ${attributes({ name: group, ...counts(all) })}>`, ...cases, '  </testsuite>'].join(
    '\n',
  )
}

function testCase(group: string, { name, kind, seconds = 0, why = '', details = '' }: BuildCheck): string {
  const open = `    <testcase ${attributes({ classname: group, name, time: seconds.toFixed(3) })}`
  switch (kind) {
    case 'passed':
      return `${open}/>`
    case 'skipped':
      return `${open}><skipped ${attributes({ message: why })}/></testcase>`
    case 'failed':
      return `${open}><failure ${attributes({ message: why })}>${escaped(details)}</failure></testcase>`
    case 'not-proven':
      return `${open}><error ${attributes({ message: `not proven: ${why}` })}>${escaped(details)}</error></testcase>`
  }
}

function counts(all: readonly BuildCheck[]): Readonly<Record<string, string>> {
  const count = (wanted: BuildCheck['kind']) => String(all.filter(({ kind }) => kind === wanted).length)
  const seconds = all.reduce((sum, each) => sum + (each.seconds ?? 0), 0)
  return {
    tests: String(all.length),
    failures: count('failed'),
    errors: count('not-proven'),
    skipped: count('skipped'),
    time: seconds.toFixed(3),
  }
}

function attributes(of: Readonly<Record<string, string>>): string {
  return Object.entries(of)
    .map(([name, value]) => `${name}="${escaped(value).replaceAll(/\r?\n/g, '&#10;')}"`)
    .join(' ')
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
/** XML 1.0 has no place for them, not even as entities. Colours of a terminal are such. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
const FORBIDDEN = /\u001b\[[\d;]*m|[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g

function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(FORBIDDEN, '')
    .replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? character)
}
