/** What `holdfast init` says of a build and of npm, after what to do next. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

/**
 * `file`: of the package, if it has yet to be installed from one. `embedded`: the package of PostgreSQL, if
 * it has yet to be installed.
 */
export function notesFor(
  project: string,
  { file, embedded }: { readonly file: string | undefined; readonly embedded: string | undefined },
): readonly string[] {
  const tarball = file ?? tarballIn(project)
  return [
    'It runs on Node 22.18 or newer, or 24.5 or newer; the workflow takes 24.',
    tarball === undefined
      ? 'Commit package.json and package-lock.json, too: the workflow installs from them (npm ci).'
      : `Commit ${tarball}, package.json and package-lock.json, too: the workflow installs from them (npm ci).`,
    ...(embedded === undefined
      ? []
      : [
          `npm may warn that the install script of ${embedded} is not covered by allowScripts: it need not`,
          'run, since holdfast makes the links itself that it would make.',
        ]),
  ]
}

/** The file that the project's holdfast is installed from; undefined if it is from elsewhere, or missing. */
function tarballIn(project: string): string | undefined {
  const manifest = path.join(project, 'package.json')
  if (!existsSync(manifest)) return undefined
  const { dependencies, devDependencies }: Manifest = JSON.parse(readFileSync(manifest, 'utf8')) ?? {}
  const asked = { ...dependencies, ...devDependencies }.holdfast
  return typeof asked === 'string' ? /^file:(.*\.tgz)$/.exec(asked)?.[1] : undefined
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, unknown>>
  readonly devDependencies?: Readonly<Record<string, unknown>>
}
