import { launchPage } from '../../../views/pages/launch';
import { can } from '../../domain/access';
import type { Size } from '../../domain/size';
import type { Exchange, Reply } from '../exchange';
import { actorOf, serverTargetOf, type Kit } from '../kit';
import { lastSize, type Place } from './spawn';

const MAX_OPTION = 2048;

interface Said {
  readonly status: number;
  readonly next: string | undefined;
  /** Why the form is shown again. */
  readonly problem?: string | undefined;
  /** What was ticked. Absent: what the address says, else the last time's. */
  readonly profile?: string | undefined;
  readonly template?: string | undefined;
  readonly size?: Size | undefined;
  /** It follows what changes. Not where the address itself starts something: a script asks for it again and again. */
  readonly live?: true;
}

const OURS = new Set(['next', '_xsrf', 'profile', 'template']);

/** What an address asks for besides what a start takes: shown, and sent only by a press of the button (C16). */
function optionsOf({ query }: Exchange): readonly (readonly [string, string])[] {
  const given = [...query.entries()].filter(([name]) => !OURS.has(name));
  // One that is marked as an option says that the others are none (protocol, 2.10).
  const marked = given.filter(([name]) => name.startsWith('opt-'));
  return (marked.length > 0 ? marked : given).map(([name, value]) => [name.replace(/^opt-/, '').slice(0, MAX_OPTION), value.slice(0, MAX_OPTION)] as const);
}

/** The choice of profile and template, wherever one meets it. */
export function launchReply({ deps, page }: Kit, x: Exchange, place: Place, said: Said): Reply {
  const { settings, directory, services } = deps;
  const { user, server, own, record } = place;
  const templates = services.templates.offeredTo(user);
  const wanted = said.template ?? x.query.get('template') ?? undefined;
  const chosen = said.profile ?? x.query.get('profile') ?? record?.profile ?? settings.profiles[0]?.slug ?? null;
  const model = {
    user: user.name, server, own,
    running: record?.state.kind === 'ready',
    mayStart: can(actorOf(x), 'start:servers', serverTargetOf(deps, user, server)),
    profiles: directory.profilesFor(user.id),
    dockerFrom: directory.dockerFrom(user.id),
    chosen,
    size: said.size ?? lastSize(record, chosen) ?? {},
    templates,
    template: templates.find(({ slug }) => slug === wanted)?.slug ?? null,
    options: said.live === true ? [] : optionsOf(x),
    next: said.next, problem: said.problem, live: said.live === true,
  };
  return page(x, said.status, (shell) => launchPage(shell, model));
}
