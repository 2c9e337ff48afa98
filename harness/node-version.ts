/**
 * Refuses Node before 24.5, where a `using` variable that a closure captures is never disposed, so that
 * servers and pools stay open. The command line switches to another Node (bin/holdfast.js), but a program
 * that imports the library cannot. In the built package `using` is compiled to older JavaScript, which runs
 * on every Node that its package.json allows.
 */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const isSource = import.meta.filename?.endsWith('.ts') ?? true
const isNewest = major > 24 || (major === 24 && minor >= 5)

if (isSource && !isNewest) {
  throw new Error(
    `holdfast needs Node 24.5 or newer and this is ${process.versions.node}: below it, what a run opens is never closed`,
  )
}
if (!isNewest && !(major === 22 && minor >= 18)) {
  throw new Error(
    `holdfast needs Node 22.18 or newer, or 24.5 or newer, and this is ${process.versions.node}`,
  )
}
