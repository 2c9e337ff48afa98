/** The script of the page: switches the theme, and opens the target of a link. It is optional. */

export const SCRIPT = `(() => {
  const root = document.documentElement
  const button = document.getElementById('theme')
  const media = matchMedia('(prefers-color-scheme: dark)')
  const isDark = () => (root.dataset.theme ? root.dataset.theme === 'dark' : media.matches)
  const label = () => {
    button.textContent = isDark() ? 'Light theme' : 'Dark theme'
  }
  try {
    const kept = localStorage.getItem('holdfast-theme')
    if (kept === 'dark' || kept === 'light') root.dataset.theme = kept
  } catch {}
  button.hidden = false
  label()
  media.addEventListener('change', label)
  button.addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark'
    try {
      localStorage.setItem('holdfast-theme', root.dataset.theme)
    } catch {}
    label()
  })
  const open = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)))
    if (!target) return
    for (let at = target; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true
    target.scrollIntoView()
  }
  addEventListener('hashchange', open)
  if (location.hash) open()
})()`
