/** How to install Redis or Valkey on this system. */
import { installCommand } from '../local/install-command.ts'
import { REDIS } from './server-kind.ts'

export function installRemedy(system?: Parameters<typeof installCommand>[1]): string {
  const names = {
    apk: 'valkey',
    apt: 'redis-server',
    dnf: 'valkey',
    pacman: 'valkey',
    zypper: 'valkey',
    brew: 'valkey',
  }
  const command = installCommand(names, system) ?? 'put redis-server or valkey-server on the PATH'
  return `${command}   (or: ${REDIS.otherWay})`
}
