import { type Config, effective, type Sources } from './config';
import { choicesOf, isLive, readSetting, typeOf, type LiveConfig } from './config/live';
import { SETTINGS } from './config/settings';
import { createLiveSettings, type LiveSettings, type LiveSettingsDeps, type SettingFacts } from './services/live-settings';

export interface SettingsHostDeps extends Omit<LiveSettingsDeps, 'book'> {
  /** As it was configured. */
  readonly given: Config;
  readonly live: LiveConfig;
  readonly sources: Sources;
}

/** None is 0 where that is understood, and else nothing. */
function writtenOf(path: string, value: unknown): string {
  if (value === null || value === 'none') return isLive(path) && typeOf(path)?.safeParse('0').data === null ? '0' : '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Settings of this configuration, with what was changed while an earlier or this hub ran. */
export function createSettingsHost({ given, live, sources, ...deps }: SettingsHostDeps): LiveSettings {
  const configured = new Map(effective(given, sources).map((row) => [row.setting, row]));
  const facts = (): readonly SettingFacts[] => {
    const now = new Map(effective(live.config).map(({ setting, value }) => [setting, value]));
    return SETTINGS.filter(({ path }) => path !== 'failPoint').map(({ path, variable, initial, meaning }) => {
      const value = now.get(path);
      const choices = choicesOf(path) ?? (typeof value === 'boolean' ? ['true', 'false'] : undefined);
      const row = configured.get(path);
      return { path, variable, value, written: writtenOf(path, value), initial: initial.replaceAll('`', ''), configured: row?.value, source: row?.source ?? 'default', meaning, live: isLive(path), ...(choices === undefined ? {} : { choices }) };
    });
  };
  return createLiveSettings({ ...deps, book: { facts, read: readSetting, apply: live.change } });
}
