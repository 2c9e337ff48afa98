/** What the browser keeps between visits, if it may: the theme, and which challenges were met. */

const MET = 'holdfast-scheduler-met'
const THEME = 'holdfast-theme'

export function metChallenges(): ReadonlySet<string> {
  return new Set(kept(MET)?.split(' ') ?? [])
}

export function keepMet(id: string): void {
  keep(MET, [...new Set([...metChallenges(), id])].join(' '))
}

function kept(name: string): string | undefined {
  try {
    return localStorage.getItem(name) ?? undefined
  } catch {
    return undefined
  }
}

function keep(name: string, value: string): void {
  try {
    localStorage.setItem(name, value)
  } catch {
    // A page that is opened as a file may not keep anything.
  }
}

/** A button that switches the theme. */
export function themeButton(button: HTMLElement): void {
  const root = document.documentElement
  const media = matchMedia('(prefers-color-scheme: dark)')
  const isDark = (): boolean =>
    root.dataset.theme === undefined ? media.matches : root.dataset.theme === 'dark'
  const label = (): void => {
    button.textContent = isDark() ? 'Light theme' : 'Dark theme'
  }
  const theme = kept(THEME)
  if (theme === 'dark' || theme === 'light') root.dataset.theme = theme
  button.hidden = false
  label()
  media.addEventListener('change', label)
  button.addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark'
    keep(THEME, root.dataset.theme)
    label()
  })
}
