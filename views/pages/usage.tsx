import type { UsageHint, UsageReport } from '../../hub/domain/usage';
import { Empty } from '../components/amounts';
import { Pager } from '../components/lists';
import type { Translate } from '../i18n';
import { Layout, type Shell } from '../layout';

export interface UsageModel {
  readonly report: UsageReport;
  readonly offset: number;
  readonly limit: number;
}

interface Part {
  readonly shell: Shell;
  readonly m: UsageModel;
}

const PERCENT = 100;
/** Whoever gets by with this share of both can be offered less. */
const SMALL = 0.4;
/** Before that, nobody can say what is usual. */
const ENOUGH_HOURS = 8;

const amount = (value: number): string => value.toFixed(value < 100 ? 1 : 0);

export function usagePage(shell: Shell, m: UsageModel) {
  const { t } = shell;
  const { month, total } = m.report;
  return (
    <Layout {...shell} title={t('usage.title')} width="wide">
      <p>{t('usage.explain')}</p>
      <Months shell={shell} m={m} />
      {total === 0 ? <Empty title={t('usage.empty', { month })}><p>{t('usage.emptyWhy')}</p></Empty> : <Table shell={shell} m={m} />}
      <Pager t={t} offset={m.offset} limit={m.limit} total={total} at={(offset) => shell.urls.adminUsage(month, offset)} />
    </Layout>
  );
}

function Months({ shell: { t, urls }, m: { report: { month, months } } }: Part) {
  return (
    <form method="get" action={urls.adminUsage()} class="filters">
      <div class="field">
        <label for="month">{t('usage.month')}</label>
        <select id="month" name="month" data-submit>
          {[...new Set([month, ...months])].toSorted().toReversed().map((one) => <option key={one} value={one} selected={one === month}>{one}</option>)}
        </select>
      </div>
      <button type="submit">{t('usage.show')}</button>
      <span class="actions"><a class="button quiet" href={urls.apiUsageCsv(month)}>{t('usage.csv')}</a></span>
    </form>
  );
}

function Table({ shell: { t }, m: { report: { month, total, rows, sum } } }: Part) {
  return (
    <div class="scroll">
      <table>
        <caption>{t('usage.caption', { month, total })}</caption>
        <thead>
          <tr>
            <th scope="col">{t('usage.user')}</th>
            <th scope="col" class="number">{t('usage.hours')}</th>
            <th scope="col" class="number">{t('usage.cpuHours')}</th>
            <th scope="col" class="number">{t('usage.memoryHours')}</th>
            <th scope="col" title={t('usage.hintTitle')}>{t('usage.hint')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <th scope="row">{row.user}</th>
              <td class="number" data-label={t('usage.hours')}>{amount(row.hours)}</td>
              <td class="number" data-label={t('usage.cpuHours')}>{amount(row.cpuHours)}</td>
              <td class="number" data-label={t('usage.memoryHours')}>{amount(row.memoryGibHours)}</td>
              <td data-label={t('usage.hint')}>{row.hints.length === 0 ? '–' : row.hints.map((hint) => <Hint key={hint.profile} t={t} hint={hint} />)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{t('usage.sum')}</th>
            <td class="number" data-label={t('usage.hours')}>{amount(sum.hours)}</td>
            <td class="number" data-label={t('usage.cpuHours')}>{amount(sum.cpuHours)}</td>
            <td class="number" data-label={t('usage.memoryHours')}>{amount(sum.memoryGibHours)}</td>
            <td />
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

/** "Standard: 12 % of CPU, 30 % of memory", and whether less would do. */
function Hint({ t, hint: { profile, hours, cpus, memory } }: { readonly t: Translate; readonly hint: UsageHint }) {
  const share = (value: number | null): string => (value === null ? t('usage.noLimit') : `${Math.round(value * PERCENT)} %`);
  const small = hours >= ENOUGH_HOURS && [cpus, memory].every((value) => value !== null && value <= SMALL);
  return <div>{t('usage.hintText', { profile: profile ?? '–', cpu: share(cpus), memory: share(memory) })} {small ? <span class="badge warn">{t('usage.small')}</span> : null}</div>;
}
