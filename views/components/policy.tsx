import type { PolicyItem, Section } from '../../hub/domain/policy';
import { formatDuration } from '../../hub/domain/duration';
import { bytes, type Translate } from '../i18n';
import type { Shell } from '../layout';

/** Whose servers get the engine's socket, and by which groups. */
export interface DockerGrant {
  /** null: of whoever looks at the page. */
  readonly name: string | null;
  readonly groups: readonly string[];
}

/** Wherever a server with the engine's socket is offered, started or used. */
export function DockerWarning({ shell: { t }, docker }: { readonly shell: Pick<Shell, 't'>; readonly docker: DockerGrant | null }) {
  if (docker === null) return null;
  const groups = docker.groups.join(', ');
  return <p class="note bad" role="note">{docker.name === null ? t('docker.own', { groups }) : t('docker.other', { name: docker.name, groups })}</p>;
}

export const sectionNames = (sections: readonly Section[], t: Translate): string => sections.map((section) => t(`groups.section.${section}`)).join(', ');

/** An amount of a policy in words: null is what the profile says, and 0 no limit. */
export function amountText(what: PolicyItem, value: number | null | undefined, t: Translate): string {
  if (value === null || value === undefined) return t('groups.asProfile');
  if (value === 0) return t('groups.unlimited');
  if (what === 'memory') return bytes(value);
  return what === 'idleLimit' || what === 'maxAge' ? formatDuration(value) : String(value);
}
