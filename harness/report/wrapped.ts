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
