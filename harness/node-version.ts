/**
 * Refuses a Node on which nothing would ever end. Before 24.5 a `using` variable that a closure captures is
 * never disposed, so that servers and pools stay open. The command line hands over to another Node
 * (bin/holdfast.js); a program that imports the library has started this one. In the built package `using` is
 * written out, and runs on every Node that its package.json allows.
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
