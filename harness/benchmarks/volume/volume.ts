/**
 * `npm run volume -- --operations 10000000 [--strategies a,b] [--shard i/n] [--limit seconds] --out file`:
 * checks so many operations of every safe strategy, trial by trial with seeds of its own, and writes each
 * trial with the hash of its history. The same command goes on where it was. `--publish file…` puts files
 * together into docs/results/volume.json and docs/volume.md.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { registry, type StrategyEntry } from '../../../strategies/registry.ts'
import { commitOfCheckout, machineFacts } from '../../compare/machine.ts'
import { type OpenedEngines, openEngines } from '../../engines/open.ts'
import { CONTROL_WORKLOAD, controlEntry } from '../../entries/control.ts'
import { reasonOf } from '../../errors.ts'
import { ofShard, type Shard } from '../../results/shard.ts'
import { saveWhole } from '../../save.ts'
import { runTrial } from '../../trial/trial.ts'
import { workloadNamed } from '../../workloads/registry.ts'
import { volumePage } from './document.ts'
import { boundOf, mergedVolume, seedsOf, VolumeError, type VolumeRun, type VolumeTrial } from './records.ts'

const DOCS = path.resolve(import.meta.dirname, '../../../docs')
/** In turn, by seed. Those in which most is decided: few deadlines are waited for. */
const WORKLOADS = ['seat-map', 'hot-seat', 'sell-out', 'multi-seat', 'drain', 'retry'] as const
const CALLERS = 32
const TRIAL_MS = 2_000
const POOL_SIZE = 16
/** A strategy that proves nothing so often in a row is given up. */
const UNKNOWN_MAX = 5

const SETTINGS = { concurrency: CALLERS, durationMs: TRIAL_MS, warmupMs: 0, repeat: 1, criticalSectionMs: 0 }

interface Order {
  readonly operations: number
  readonly entries: readonly StrategyEntry[]
  readonly shard: Shard
  readonly untilMs: number
  readonly out: string
}

async function measured(order: Order): Promise<void> {
  const { entries, out, shard } = order
  const commit = (await commitOfCheckout()) ?? 'unknown'
  const before = earlier(out, commit)
  const names = [...new Set([controlEntry(), ...entries].flatMap(({ engines }) => engines))]
  await using opened = await openEngines(names, {
    durability: 'relaxed',
    log: (line) => console.error(line),
  })
  for (const { name, why } of opened.missing) console.error(`${name} is not available: ${why}`)
  const caught = await isControlCaught(opened)
  console.log(`the control, ${controlEntry().name}, was ${caught ? '' : 'NOT '}caught`)
  const trials = [...before]
  const save = async (): Promise<void> => {
    const { cpu, cores } = machineFacts()
    const run: VolumeRun = {
      commit,
      machine: `${cpu}, ${cores} cores, Node ${process.version}`,
      engines: Object.values(opened.engines).flatMap((each) => (each === undefined ? [] : [each.version])),
      at: new Date().toISOString(),
      control: { strategy: controlEntry().name, caught },
      trials,
    }
    await saveWhole(out, `${JSON.stringify(run, undefined, 1)}\n`)
  }
  // A trial of each in turn, so that whatever ends the run leaves all with about as many.
  const open = new Set(entries.filter(({ engines }) => engines.every((name) => opened.engines[name])))
  const wanted = Math.ceil(order.operations / shard.of)
  const seeds = seedsOf(shard)
  while (open.size > 0 && performance.now() < order.untilMs) {
    const seed = seeds.next().value ?? 0
    for (const entry of open) {
      const own = trials.filter(({ strategy }) => strategy === entry.name)
      const isEnough = sumOf(own) >= wanted
      const isHopeless = own.length >= UNKNOWN_MAX && own.slice(-UNKNOWN_MAX).every(isUnknown)
      if (isEnough || isHopeless) open.delete(entry)
      if (isEnough || isHopeless || own.some((each) => each.seed === seed)) continue
      if (performance.now() > order.untilMs) break
      trials.push(await trialOf(entry, seed, opened))
      await save()
    }
  }
  for (const entry of entries) {
    const own = trials.filter(({ strategy }) => strategy === entry.name)
    const sum = sumOf(own)
    console.log(
      `${entry.name}: ${sum.toLocaleString('en')} of ${wanted.toLocaleString('en')} operations, at most ${boundOf(sum).toExponential(1)}`,
    )
  }
  const isGood = caught && trials.every(({ verdict }) => verdict === 'valid')
  if (!isGood) process.exitCode = trials.some(({ verdict }) => verdict === 'invalid') ? 3 : 4
}

const isUnknown = ({ verdict }: VolumeTrial): boolean => verdict === 'unknown'

function sumOf(trials: readonly VolumeTrial[]): number {
  return trials.reduce((sum, { operations, verdict }) => sum + (verdict === 'valid' ? operations : 0), 0)
}

async function trialOf(
  { name: strategy, ...rest }: StrategyEntry,
  seed: number,
  { engines }: OpenedEngines,
): Promise<VolumeTrial> {
  const workload = WORKLOADS[seed % WORKLOADS.length] ?? WORKLOADS[0]
  const settings = { ...SETTINGS, poolSize: POOL_SIZE, seed, workload: workloadNamed(workload) }
  try {
    const { trial, history } = await runTrial({ name: strategy, ...rest }, engines, settings)
    const hash = createHash('sha256')
    let operations = 0
    for (const record of history) {
      hash.update(`${JSON.stringify(record)}\n`)
      if (record.type === 'operation') operations += 1
    }
    const why = trial.conviction?.split('\n')[0] ?? trial.verdictReasons[0]
    const told = trial.verdict === 'valid' || why === undefined ? {} : { why }
    if (trial.verdict !== 'valid') console.error(`${strategy} ${workload} ${seed}: ${trial.verdict}: ${why}`)
    return {
      strategy,
      workload,
      seed,
      operations,
      verdict: trial.verdict,
      sha256: hash.digest('hex'),
      ...told,
    }
  } catch (error) {
    console.error(`${strategy} ${workload} ${seed}: ${reasonOf(error)}`)
    return { strategy, workload, seed, operations: 0, verdict: 'unknown', sha256: '', why: reasonOf(error) }
  }
}

async function isControlCaught({ engines }: OpenedEngines): Promise<boolean> {
  const settings = { ...SETTINGS, poolSize: POOL_SIZE, workload: workloadNamed(CONTROL_WORKLOAD) }
  for (let seed = 1; seed <= UNKNOWN_MAX; seed += 1) {
    const { trial } = await runTrial(controlEntry(), engines, { ...settings, seed })
    if (trial.verdict === 'invalid') return true
  }
  return false
}

/** Trials that are there already. Throws `VolumeError` for those of another commit. */
function earlier(file: string, commit: string): readonly VolumeTrial[] {
  if (!existsSync(file)) return []
  const run = read(file)
  if (run.commit === commit) return run.trials
  throw new VolumeError(`${file} is of commit ${run.commit} and this is ${commit}: name another with --out`)
}

function read(file: string): VolumeRun {
  let run: VolumeRun
  try {
    run = JSON.parse(readFileSync(file, 'utf8')) as VolumeRun
  } catch (error) {
    throw new VolumeError(`${file} cannot be read: ${reasonOf(error)}`)
  }
  if (!Array.isArray(run.trials)) throw new VolumeError(`${file} is no file of a volume run`)
  return run
}

async function publish(files: readonly string[]): Promise<void> {
  const volume = mergedVolume(files.map((file) => [file, read(file)] as const))
  await saveWhole(path.join(DOCS, 'results/volume.json'), `${JSON.stringify(volume, undefined, 1)}\n`)
  await saveWhole(path.join(DOCS, 'volume.md'), volumePage(volume))
}

function orderIn(values: Readonly<Record<string, string | boolean | undefined>>): Order {
  const whole = (name: string, otherwise: number): number => {
    const text = values[name] ?? String(otherwise)
    const number = typeof text === 'string' && /^\d{1,12}$/.test(text) ? Number(text) : 0
    if (number < 1) throw new VolumeError(`--${name} must be a whole number above 0, not "${text}"`)
    return number
  }
  const [, index = '1', of = '1'] = /^(\d{1,4})\/(\d{1,4})$/.exec(String(values.shard ?? '1/1')) ?? [
    '',
    '0',
    '0',
  ]
  const shard = { index: Number(index), of: Number(of) }
  if (ofShard([...Array(shard.of).keys()], shard).length !== 1)
    throw new VolumeError(`--shard must be a part such as 1/8, not "${values.shard}"`)
  const safe = registry.filter(({ promises }) => promises.safe !== 'never')
  const names = values.strategies === undefined ? undefined : String(values.strategies).split(',')
  const stray = names?.find((name) => safe.every((each) => each.name !== name))
  if (stray !== undefined) throw new VolumeError(`"${stray}" is no strategy that promises to be safe`)
  return {
    operations: whole('operations', 10_000_000),
    entries: safe.filter(({ name }) => names?.includes(name) !== false),
    shard,
    untilMs: performance.now() + 1_000 * whole('limit', 24 * 60 * 60),
    out: String(values.out ?? 'results/volume.json'),
  }
}

try {
  const text = { type: 'string' } as const
  const { values, positionals } = parseArgs({
    options: {
      operations: text,
      strategies: text,
      shard: text,
      limit: text,
      out: text,
      publish: { type: 'boolean' },
    },
    allowPositionals: true,
  })
  if (values.publish) await publish(positionals)
  else await measured(orderIn(values))
} catch (error) {
  const isUsage =
    error instanceof VolumeError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')
  if (!isUsage) throw error
  console.error(`volume: ${reasonOf(error)}`)
  process.exitCode = 2
}
