/**
 * The command with which this system's own package manager installs a server. A command for another system is
 * worse than none.
 */
import { readFileSync } from 'node:fs'

/** The package's name, by package manager. */
export interface PackageNames {
  readonly apk: string
  readonly apt: string
  readonly dnf: string
  readonly pacman: string
  readonly zypper: string
  readonly brew: string
}

export interface SystemFacts {
  readonly platform: NodeJS.Platform
  /** The text of /etc/os-release; empty where there is none. */
  readonly osRelease: string
  readonly isRoot: boolean
}

const INSTALL: Readonly<Record<keyof PackageNames, string>> = {
  apk: 'apk add',
  apt: 'apt-get install',
  dnf: 'dnf install',
  pacman: 'pacman -S',
  zypper: 'zypper install',
  brew: 'brew install',
}

/** By ID, otherwise by ID_LIKE, which names the distributions that it is derived from. */
const MANAGERS: Readonly<Partial<Record<string, keyof PackageNames>>> = {
  alpine: 'apk',
  postmarketos: 'apk',
  debian: 'apt',
  ubuntu: 'apt',
  fedora: 'dnf',
  rhel: 'dnf',
  centos: 'dnf',
  amzn: 'dnf',
  arch: 'pacman',
  suse: 'zypper',
  opensuse: 'zypper',
}

/** Undefined on a system with an unknown package manager. */
export function installCommand(
  names: PackageNames,
  { platform, osRelease, isRoot }: SystemFacts = thisSystem(),
): string | undefined {
  if (platform === 'darwin') return `${INSTALL.brew} ${names.brew}`
  if (platform !== 'linux') return undefined
  const manager = [...valuesOf(osRelease, 'ID'), ...valuesOf(osRelease, 'ID_LIKE')]
    .map((id) => MANAGERS[id] ?? MANAGERS[id.split('-')[0] ?? ''])
    .find((each) => each !== undefined)
  return manager && `${isRoot ? '' : 'sudo '}${INSTALL[manager]} ${names[manager]}`
}

function thisSystem(): SystemFacts {
  return {
    platform: process.platform,
    osRelease: ['/etc/os-release', '/usr/lib/os-release'].map(textOf).find((text) => text !== '') ?? '',
    isRoot: process.geteuid?.() === 0,
  }
}

/** `ID_LIKE="rhel centos fedora"`: words, with quotes or without. */
function valuesOf(osRelease: string, name: string): readonly string[] {
  const value = new RegExp(`^${name}=(.*)$`, 'm').exec(osRelease)?.[1] ?? ''
  return value
    .replaceAll(/["']/g, '')
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
