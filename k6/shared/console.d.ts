/** k6's subset of a browser's console. */
declare const console: {
  log(text: string): void
  error(text: string): void
}
