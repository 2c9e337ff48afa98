/** `npm pack` in the clone would make a package of sources, which no Node runs below node_modules. */
process.stderr.write('The package is built first: npm run build && npm pack ./dist\n')
process.exitCode = 1
