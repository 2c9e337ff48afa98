/** The usual theme, with room for wide tables and tall pictures. */
import DefaultTheme from 'vitepress/theme'
import './style.css'

export default DefaultTheme
