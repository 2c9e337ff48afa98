/** The section with all settings of the run, and its limits. */
import type { Results } from '../../results/results.ts'
import type { RunFault } from '../../results/settings.ts'
import { formatSpan, listed } from '../format.ts'
import { networkLine } from '../network.ts'
import { type Content, type Html, html } from './html.ts'
import { command, scrolling, section } from './section.ts'

export function settingsSection(results: Results): Html {
  const { machine, settings, engines } = results
  const spanMs = Date.parse(results.finishedAt) - Date.parse(results.startedAt)
  const facts: readonly (readonly [string, Content])[] = [
    ['Run', `${results.startedAt}, ${formatSpan(spanMs)}${results.interrupted ? ', ended early' : ''}`],
    ['Again', command(results.command.replace(/^holdfast /, 'npm run holdfast -- '))],
    ['Seed', String(results.seed)],
    ['Commit', results.commit ?? 'no checkout'],
    ['Machine', `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGib} GiB`],
    ['System', `${machine.os}, Node ${machine.node}`],
    ['Callers', listed(settings.concurrency.map((number) => number.toLocaleString('en-US')))],
    [
      'Trials',
      `${results.trials.length}; up to ${formatSpan(settings.durationMs)} each, after ${settings.warmupMs} ms of warm-up, which is not counted; up to ${settings.repeats} repeats, in an order that rotates`,
    ],
    ['Pool', `${settings.poolSize} connections to PostgreSQL for each strategy`],
    ['Critical section', criticalSection(results)],
    ...(results.settings.fault === undefined ? [] : [['Fault', faultOf(results.settings.fault)] as const]),
    [
      'Network',
      networkLine(results)?.replace(/^network: /, '') ?? 'strategies and engines connected directly',
    ],
  ]
  return section(
    'settings',
    'Settings and limits',
    html`<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`,
    engines.length === 0
      ? html`<p class="absent">No engine was opened.</p>`
      : scrolling(
          'Engines',
          html`<table class="figures plain"><thead><tr><th scope="col">engine</th><th scope="col">version</th><th scope="col">from</th><th scope="col">durability</th><th scope="col">settings</th></tr></thead><tbody>${engines.map(
            (engine) =>
              html`<tr><th scope="row">${engine.name}</th><td>${engine.version}</td><td>${engine.source}</td><td>${engine.durability}</td><td class="long">${Object.entries(
                engine.settings,
              )
                .map(([name, value]) => `${name}=${value === '' ? '""' : value}`)
                .join(' ')}</td></tr>`,
          )}</tbody></table>`,
        ),
    html`<h3>What was not shown</h3><ul class="limits">
<li>The absence of races. None happened in the checked histories; one may happen on another machine, on another engine, or in a longer run.</li>
<li>${results.settings.networkLatencyMs === undefined ? 'Network effects.' : 'The effects of a real network. A proxy delayed each round trip, and lost nothing.'} Callers and engines share one machine and its ${String(machine.cores)} cores: the figures compare strategies, not machines.</li>
<li>Differences of a few per cent. Trials are short and few; bands and ranges show how much repeats differ, and differences within them are ties.</li>
<li>${faultLimit(results)}</li>
<li>Figures of strategies that were not valid in this run: what they save on safety would look like speed.</li>
${results.interrupted ? html`<li><strong>The rest of this run.</strong> The run was ended early: the figures cover only finished trials.</li>` : undefined}</ul>`,
  )
}

/** Which, and whom it cannot happen to. */
function faultOf({ name, title, notFor }: RunFault): string {
  const absent = [...Map.groupBy(notFor, ({ why }) => why)].map(
    ([why, all]) => ` It does not apply to ${listed(all.map(({ strategy }) => strategy))}: ${why}.`,
  )
  return `${name} (${title}), once in each trial but the control’s.${absent.join('')}`
}

function faultLimit({ settings: { fault }, faults }: Results): string {
  if (fault !== undefined)
    return `Other faults. This run inflicted ${fault.name} alone, under its workloads: “npm run faults” tries each fault on a sale in which everything is asked for once more.`
  if (faults !== undefined) return 'Faults beside those above.'
  return 'Faults. This run injected none. What a strategy survives is taken from the published table of faults where that has it, and else from its promise; beside each verdict stands which.'
}

function criticalSection(results: Results): string {
  const kinds = [...new Set(results.trials.map(({ criticalSectionMs }) => criticalSectionMs))].sort(
    (a, b) => a - b,
  )
  if (kinds.every((ms) => ms === 0)) return 'none'
  return `${listed(kinds.map((ms) => (ms === 0 ? 'none' : `${ms} ms`)))}, as stated with each figure`
}
