/** Lines of at most so many characters, broken at spaces if possible. */
export function wrapped(text: string, characters: number): readonly string[] {
  const lines: string[] = []
  let rest = text
  while (rest.length > characters) {
    const space = rest.lastIndexOf(' ', characters)
    const cut = space > characters / 2 ? space : characters
    lines.push(rest.slice(0, cut))
    rest = rest.slice(cut).trimStart()
  }
  return [...lines, rest]
}

/** Lines of these words, none of which is torn, each after what its line begins with. */
export function flowing(
  words: string,
  { columns, first, next }: { readonly columns: number; readonly first: string; readonly next: string },
): readonly string[] {
  const lines: string[] = []
  let current = first
  let isEmpty = true
  for (const word of words.split(' ')) {
    if (!isEmpty && current.length + 1 + word.length > columns) {
      lines.push(current)
      current = next + word
    } else {
      current += isEmpty ? word : ` ${word}`
    }
    isEmpty = false
  }
  return [...lines, current]
}
