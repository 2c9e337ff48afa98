#!/usr/bin/env node
/**
 * Starts Holdfast. If this Node is too old, it starts the Node that npm installed as a dependency; both
 * behave as one process: same streams, same signals, same exit code.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module, { createRequire } from 'node:module'
import path from 'node:path'

/** `EXIT.usage` in cli/exit-codes.ts. */
const EXIT_USAGE = 2
/**
 * Set for the second Node, so that a broken installation reports an error instead of restarting endlessly.
 */
const RERUN = 'HOLDFAST_NODE_RERUN'
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']
/**
 * Flags of Node that a command needs. `check` discards each record after reading it, so a small young
 * generation is enough; the default size would keep more than a hundred megabytes of garbage.
 */
const FLAGS = process.argv[2] === 'check' ? ['--max-semi-space-size=4'] : []

if (runsHoldfast() && (FLAGS.length === 0 || process.env[RERUN] !== undefined)) {
  silenceWarnings()
  endWithStarter()
  // Speeds up the next start. If the folder is not writable, Node silently does without.
  const kept = path.join(import.meta.dirname, '../node_modules/.cache/holdfast')
  module.enableCompileCache(kept)
  // For child processes as well.
  process.env.NODE_COMPILE_CACHE ??= kept
  const { main } = await import('../cli/main.ts')
  await main(process.argv.slice(2))
} else {
  const node =
    process.env[RERUN] === undefined ? (runsHoldfast() ? process.execPath : installedNode()) : undefined
  if (node === undefined) {
    process.stderr.write(
      `holdfast needs Node 24.5 or newer and this is ${process.versions.node}: install one, or run "npm install --include=optional" in the checkout, which installs one.\n`,
    )
    process.exitCode = EXIT_USAGE
  } else {
    rerunWith(node)
  }
}

/**
 * Node runs TypeScript since 24.0. Before 24.5 a `using` variable that a closure captures is never
 * disposed, so that servers and pools would stay open and no run would end.
 */
function runsHoldfast() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return (major > 24 || (major === 24 && minor >= 5)) && Boolean(process.features.typescript)
}

/**
 * Hides warnings about experimental type stripping, and about files that are no modules: the error names
 * them.
 */
function silenceWarnings() {
  const listeners = process.listeners('warning')
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    if (/Type Stripping|Failed to load the ES module/.test(warning.message)) return
    for (const listener of listeners) listener(warning)
  })
}

/**
 * Ends the second Node when the first one ends, even if that was killed: the channel between them then
 * closes. SIGTERM to itself ends it gracefully.
 */
function endWithStarter() {
  if (process.env[RERUN] === undefined || process.channel === undefined) return
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  // Only the work of this process keeps it alive.
  process.channel.unref()
}

function installedNode() {
  const { resolve } = createRequire(import.meta.url)
  for (const name of [
    `node-${process.platform}-${process.arch}`,
    `node-bin-${process.platform}-${process.arch}`,
  ]) {
    try {
      const executable = path.join(path.dirname(resolve(`${name}/package.json`)), 'bin', 'node')
      if (existsSync(executable)) return executable
    } catch {
      // Not installed: this platform has another package, or optional packages were left out.
    }
  }
  return undefined
}

function rerunWith(node) {
  const child = spawn(node, [...FLAGS, ...process.argv.slice(1)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: {
      ...process.env,
      [RERUN]: '1',
      PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH ?? ''}`,
    },
  })
  // The listener also keeps this process alive until the other one has saved its results.
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`holdfast could not start ${node}: ${error.message}\n`)
    process.exitCode = EXIT_USAGE
  })
  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exitCode = code ?? 1
      return
    }
    for (const name of SIGNALS) process.removeAllListeners(name)
    process.kill(process.pid, signal)
  })
}
