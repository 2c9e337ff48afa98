#!/usr/bin/env node
/** Starts the commands of the installed package, or says which Node can run them. In plain, old JavaScript. */
import module from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const EXIT_USAGE = 2

if (runsHoldfast()) {
  silenceWarnings()
  const kept = cacheFolder()
  module.enableCompileCache(kept)
  // Whatever processes it starts.
  process.env.NODE_COMPILE_CACHE ??= kept
  const { main } = await import('../lib/main.js')
  await main(process.argv.slice(2))
} else {
  process.stderr.write(
    `holdfast needs Node 22.18 or newer, or 24.5 or newer, and this is ${process.versions.node}.\n`,
  )
  process.exitCode = EXIT_USAGE
}

/** As `engines` in package.json says. */
function runsHoldfast() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 18)
}

/** Some versions of Node announce that stripping types is an experiment; users need not know. */
function silenceWarnings() {
  const listeners = process.listeners('warning')
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    if (/Type Stripping|Failed to load the ES module/.test(warning.message)) return
    for (const listener of listeners) listener(warning)
  })
}

/** Where projects keep what their tools may lose: node_modules/.cache, beside the package. */
function cacheFolder() {
  const installed = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
  return path.join(installed, '.cache/holdfast')
}
