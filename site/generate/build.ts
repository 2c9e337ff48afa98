/**
 * `npm run site`: makes the pages, builds them with VitePress into site/dist, makes every address relative,
 * and checks every link. VitePress has a package of its own, which is installed when it is missing.
 */
import { spawn } from 'node:child_process'
import { cp, glob, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { monotonicMs } from '../../harness/clock.ts'
import { deadLinks } from './check.ts'
import { ROOT, siteOf } from './pages.ts'
import { BUILT_BASE, relativePage, relativeScript, relativeStyle } from './relative.ts'
import type { ParsedScript } from './script.ts'

const SITE = path.join(ROOT, 'site')
const PAGES = path.join(SITE, 'pages')
const DIST = path.join(SITE, 'dist')
/** Installing or building takes a minute at most on a slow machine; then something is stuck. */
const STEP_MS_MAX = 300_000

const beganMs = monotonicMs()
const isOnlyPages = process.argv.includes('--pages')
await writePages()
if (!isOnlyPages) {
  if (!(await isThere(path.join(SITE, 'node_modules/vitepress'))))
    await run('npm', ['ci', '--no-audit', '--no-fund'])
  await run('node', ['node_modules/vitepress/bin/vitepress.js', 'build'])
  const dead = await finish()
  for (const line of dead) process.stderr.write(`${line}\n`)
  if (dead.length > 0) process.exitCode = 1
}
process.stdout.write(
  `${path.relative(process.cwd(), isOnlyPages ? PAGES : DIST)} after ${((monotonicMs() - beganMs) / 1_000).toFixed(0)} s\n`,
)

async function writePages(): Promise<void> {
  const repository = process.env.HOLDFAST_REPOSITORY
  const site = await siteOf(repository === undefined ? {} : { repository })
  await rm(PAGES, { recursive: true, force: true })
  for (const { path: page, text } of site.pages) await write(path.join(PAGES, page), text)
  for (const { from, to } of site.files) {
    await mkdir(path.dirname(path.join(PAGES, to)), { recursive: true })
    await cp(path.join(ROOT, from), path.join(PAGES, to))
  }
  await write(path.join(PAGES, 'navigation.json'), JSON.stringify(site.navigation, null, 1))
}

/** Makes addresses relative, and returns the links that lead nowhere. */
async function finish(): Promise<readonly string[]> {
  const files = new Set<string>()
  const pages = new Map<string, string>()
  const parse = await parserOf()
  for await (const found of glob('**/*.*', { cwd: DIST })) {
    const file = found.replaceAll('\\', '/')
    files.add(file)
    const at = path.join(DIST, file)
    if (file.startsWith('files/')) continue
    if (file.endsWith('.html')) {
      const html = relativePage(await readFile(at, 'utf8'), file.split('/').length - 1)
      pages.set(file, html)
      await writeFile(at, html)
    } else if (file.endsWith('.js')) await writeFile(at, relativeScript(await readFile(at, 'utf8'), parse))
    else if (file.endsWith('.css')) await writeFile(at, relativeStyle(await readFile(at, 'utf8')))
  }
  return deadLinks({ files, pages })
}

/** VitePress brings a parser. */
async function parserOf(): Promise<(code: string) => ParsedScript> {
  const from = createRequire(path.join(SITE, 'node_modules/vitepress/package.json'))
  const { parseAst } = (await import(pathToFileURL(from.resolve('rollup/parseAst')).href)) as {
    parseAst: (code: string) => ParsedScript
  }
  return parseAst
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, text)
}

function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  )
}

/** Throws if it fails or takes too long. */
function run(command: string, args: readonly string[]): Promise<void> {
  return new Promise((done, failed) => {
    const env = { ...process.env, SITE_BASE: BUILT_BASE }
    const child = spawn(command, args, { cwd: SITE, stdio: 'inherit', env, timeout: STEP_MS_MAX })
    child.on('error', failed)
    child.on('exit', (code, signal) =>
      code === 0 ? done() : failed(new Error(`${command} ${args.join(' ')} ended with ${code ?? signal}`)),
    )
  })
}
