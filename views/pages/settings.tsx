import { Empty } from '../components/amounts';
import { Post, Problem } from '../components/form';
import { Pills } from '../components/lists';
import { Time } from '../components/time';
import type { MessageKey } from '../i18n';
import { isSettingSection, SETTING_MEANINGS_ZH } from '../i18n/settings';
import { Layout, type Shell } from '../layout';

export const SETTING_FILTERS = ['all', 'live', 'changed', 'configured'] as const;
export type SettingFilter = (typeof SETTING_FILTERS)[number];

export interface SettingRow {
  readonly path: string;
  readonly variable: string | null;
  readonly value: unknown;
  /** The same as one would type it. */
  readonly written: string;
  readonly initial: string;
  readonly configured: unknown;
  readonly source: string;
  readonly meaning: string;
  readonly live: boolean;
  readonly choices?: readonly string[];
  readonly changed: { readonly by: string; readonly at: Date } | null;
}

export interface SettingsModel {
  readonly rows: readonly SettingRow[];
  readonly search: string;
  readonly filter: SettingFilter;
  /** What was refused, and what was typed. */
  readonly problem: { readonly path: string; readonly text: string; readonly given: string } | undefined;
}

const FILTERS: Readonly<Record<SettingFilter, { readonly text: MessageKey; readonly has: (row: SettingRow) => boolean }>> = {
  all: { text: 'settings.all', has: () => true },
  live: { text: 'settings.live', has: (row) => row.live },
  changed: { text: 'settings.changed', has: (row) => row.changed !== null },
  configured: { text: 'settings.configured', has: (row) => row.source !== 'default' },
};

export function settingsPage(shell: Shell, m: SettingsModel) {
  const { t, urls } = shell;
  const at = (filter: SettingFilter): string => {
    const query = new URLSearchParams([...(filter === 'all' ? [] : [['show', filter]]), ...(m.search === '' ? [] : [['q', m.search]])]);
    return query.size === 0 ? urls.adminSettings : `${urls.adminSettings}?${query}`;
  };
  const found = m.rows.filter((row) => m.problem?.path === row.path || matches(row, m.search, shell));
  const shown = found.filter((row) => m.problem?.path === row.path || FILTERS[m.filter].has(row));
  const sections = [...new Set(shown.map(({ path }) => sectionOf(path)))].map((section) => [section, shown.filter(({ path }) => sectionOf(path) === section)] as const);
  return (
    <Layout {...shell} title={t('settings.title')} live={['audit']}>
      <p>{t('settings.explain')}</p>
      <form method="get" action={urls.adminSettings} role="search" class="filters">
        {m.filter === 'all' ? null : <input type="hidden" name="show" value={m.filter} />}
        <div class="field"><label for="q">{t('settings.search')}</label><input id="q" name="q" type="search" value={m.search} maxLength={100} /></div>
        <button type="submit" class="quiet">{t('settings.find')}</button>
      </form>
      <Pills label={t('settings.which')} pills={SETTING_FILTERS.map((filter) => ({ text: t(FILTERS[filter].text), count: found.filter(FILTERS[filter].has).length, href: at(filter), chosen: filter === m.filter }))} />
      {m.problem === undefined || m.rows.some(({ path }) => path === m.problem?.path) ? null : <Problem text={m.problem.text} />}
      {shown.length === 0 ? <Empty title={t('settings.none')}><p>{t(m.filter === 'changed' && m.search === '' ? 'settings.noneChanged' : 'settings.noneFound')}</p></Empty> : null}
      {sections.map(([section, rows]) => (
        <section key={section} class="panel" aria-labelledby={`section-${section}`}>
          <h2 id={`section-${section}`}>{t(`settings.section.${isSettingSection(section) ? section : 'general'}`)}</h2>
          <ul class="settings">{rows.map((row) => <Setting key={row.path} shell={shell} row={row} problem={m.problem?.path === row.path ? m.problem : undefined} />)}</ul>
        </section>
      ))}
    </Layout>
  );
}

const sectionOf = (path: string): string => (path.includes('.') && isSettingSection(path.slice(0, path.indexOf('.'))) ? path.slice(0, path.indexOf('.')) : 'general');
const meaningOf = ({ lang }: Pick<Shell, 'lang'>, { path, meaning }: SettingRow): string => (lang === 'zh' ? (SETTING_MEANINGS_ZH[path] ?? meaning) : meaning).replaceAll('`', '');
/** Empty: none. */
const textOf = (value: unknown): string => (value === undefined || value === null || value === 'none' ? '' : typeof value === 'string' ? value : JSON.stringify(value));

function matches(row: SettingRow, search: string, shell: Shell): boolean {
  const words = search.toLowerCase().split(/\s+/).filter((word) => word !== '');
  const text = [row.path, row.variable ?? '', meaningOf(shell, row), textOf(row.value)].join(' ').toLowerCase();
  return words.every((word) => text.includes(word));
}

interface Part {
  readonly shell: Shell;
  readonly row: SettingRow;
  readonly problem: SettingsModel['problem'];
}

function Setting({ shell, row, problem }: Part) {
  const { t } = shell;
  const value = textOf(row.value);
  return (
    <li id={row.path}>
      <h3><code>{row.path}</code> {row.changed === null ? null : <span class="badge warn">{t('settings.changedHere')}</span>}</h3>
      <p class="hint">{meaningOf(shell, row)}</p>
      <dl class="facts">
        <dt>{t('settings.value')}</dt><dd>{value === '' ? t('settings.nothing') : <code>{value}</code>}</dd>
        <dt>{t('settings.source')}</dt><dd><Source shell={shell} row={row} /></dd>
      </dl>
      {row.live ? <Change shell={shell} row={row} problem={problem} /> : <p class="hint">{row.variable === null ? t('settings.atStartFile') : t('settings.atStart', { variable: row.variable })}</p>}
    </li>
  );
}

function Source({ shell: { t }, row }: Pick<Part, 'shell' | 'row'>) {
  const configured = textOf(row.configured);
  const from = row.source === 'default' ? t('settings.isDefault') : <code>{row.source}</code>;
  if (row.changed === null) return <>{from}{row.source === 'default' ? null : <> <span class="hint">{t('settings.default')} <code>{row.initial}</code></span></>}</>;
  return <>{t('settings.changedBy', { name: row.changed.by })} <Time at={row.changed.at} none="" /> <span class="hint">{t('settings.wouldBe')} <code>{configured === '' ? t('settings.nothing') : configured}</code> ({from})</span></>;
}

function Change({ shell, row, problem }: Part) {
  const { t, urls } = shell;
  const id = `value-${row.path}`;
  const given = problem?.given ?? row.written;
  return (
    <>
      <Problem text={problem?.text} />
      <details open={problem !== undefined}>
        <summary aria-label={t('settings.changeNamed', { setting: row.path })}>{t('settings.change')}</summary>
        <div class="actions">
          <Post shell={shell} action={urls.adminSettings} fields={{ setting: row.path }} class="inline">
            <label for={id}>{t('settings.newValue')}</label>
            {row.choices === undefined
              ? <input id={id} name="value" type="text" value={given} maxLength={200} autocomplete="off" spellcheck={false} />
              : <select id={id} name="value">{row.choices.map((choice) => <option key={choice} value={choice} selected={choice === given}>{choice}</option>)}</select>}
            <button type="submit">{t('settings.save')}</button>
          </Post>
          {row.changed === null ? null : <Post shell={shell} action={urls.adminSettingsReset} fields={{ setting: row.path }} class="inline"><button type="submit" class="quiet">{t('settings.reset')}</button></Post>}
        </div>
      </details>
    </>
  );
}
