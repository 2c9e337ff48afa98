/** What k6 has of a browser's console. */
declare const console: {
  log(text: string): void
  error(text: string): void
}
