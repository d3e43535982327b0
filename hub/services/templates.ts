import { can, demand, HUB, notFound, type Actor } from '../domain/access';
import { HubError } from '../domain/errors';
import type { ServerId, ServerName, UserId } from '../domain/ids';
import { previewOf } from '../domain/notebook';
import type { Clock, Logger } from '../domain/runtime';
import type { ServerRecord } from '../domain/server';
import { shown } from '../domain/shown';
import type { Template } from '../domain/template';
import type { User } from '../domain/user';
import type { Store } from '../store/store';
import type { Recorder } from './contract';
import { notRunning, serverTarget } from './server-target';
import { readNotebook, type FoundTemplate, type TemplateFolder } from './template-folder';
import type { TemplateCopy, Templates } from './templates-contract';

export interface PutAsk {
  readonly record: ServerRecord;
  /** `http://host:port` at which the server answers. */
  readonly origin: string;
  /** Name of the copy, without what is added to it when it is taken. */
  readonly stem: string;
  readonly content: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
}

export interface TemplatesDeps {
  readonly store: Store;
  readonly audit: Pick<Recorder, 'record' | 'note'>;
  readonly folder: TemplateFolder;
  /** Puts a notebook into a server's workspace without replacing anything; resolves with its path there. */
  readonly put: (ask: PutAsk) => Promise<string>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How a template came into a server that was started with it. */
export interface Brought {
  readonly outcome: 'copied' | 'missing' | 'failed';
  readonly path: string | null;
}

/** What starts need of templates. */
export interface TemplateGate {
  /** Throws `invalid-input` for one that this user is not offered. */
  demand(owner: UserId, slug: string): void;
  /** Into a server that answers. Never rejects: a server without its template is better than none. */
  bring(record: ServerRecord, slug: string, how: { readonly origin: string; readonly signal: AbortSignal }): Promise<Brought>;
}

export interface TemplatesService extends Templates {
  readonly gate: TemplateGate;
}

/** What an administrator puts into the folder is offered this much later, at the latest. */
const FRESH_MS = 2_000;
const COPY_MS = 10_000;

export function createTemplates(deps: TemplatesDeps): TemplatesService {
  const { store, audit, log } = deps;
  const turns = new Map<ServerId, Promise<unknown>>();
  const look = createLook(deps);
  // A template that is broken is no reason to stay down; it is a reason to tell the administrator, and now.
  log.info({ templates: look().map(({ slug }) => slug) }, 'templates are available');

  const groupsOf = (id: UserId): readonly string[] => store.groups.groupsOf(id).map(({ name }) => name);
  const isFor = ({ groups }: Template, mine: readonly string[]): boolean => groups.length === 0 || groups.some((name) => mine.includes(name));
  const isShownTo = (actor: Actor, template: Template): boolean => isFor(template, actor.groups) || can(actor, 'admin:servers', HUB);
  const offered = (owner: UserId): readonly FoundTemplate[] => {
    const mine = groupsOf(owner);
    return look().filter((template) => isFor(template, mine));
  };

  function wanted(owner: UserId, slug: string): FoundTemplate {
    const found = offered(owner).find((template) => template.slug === slug);
    if (found === undefined) throw new HubError('invalid-input', `Invalid template: ${shown(slug)}`);
    return found;
  }

  const contentOf = (template: FoundTemplate): Readonly<Record<string, unknown>> | null => {
    try {
      return template.notebook === null ? null : readNotebook(template.notebook);
    } catch (err) {
      log.warn({ err, template: template.slug }, 'a template cannot be read');
      return null;
    }
  };

  /** One after the other for each server: which name is free is asked and then taken. */
  function put(ask: PutAsk): Promise<string> {
    const { id } = ask.record;
    const mine = (turns.get(id) ?? Promise.resolve()).then(() => deps.put(ask), () => deps.put(ask));
    turns.set(id, mine);
    const done = (): void => void (turns.get(id) === mine && turns.delete(id));
    mine.then(done, done);
    return mine;
  }

  async function bring(record: ServerRecord, slug: string, { origin, signal }: { readonly origin: string; readonly signal: AbortSignal }): Promise<Brought> {
    const template = offered(record.owner).find((one) => one.slug === slug);
    const content = template === undefined ? null : contentOf(template);
    if (content === null) {
      log.warn({ server: record.id, template: slug }, 'a server starts without its template: the notebook is missing');
      return { outcome: 'missing', path: null };
    }
    try {
      return { outcome: 'copied', path: await put({ record, origin, stem: slug, content, signal: AbortSignal.any([signal, AbortSignal.timeout(COPY_MS)]) }) };
    } catch (err) {
      log.warn({ server: record.id, template: slug, err }, 'a server starts without its template: it did not take the copy');
      return { outcome: 'failed', path: null };
    }
  }

  async function copy(actor: Actor, owner: User, name: ServerName, slug: string): Promise<TemplateCopy> {
    demand(actor, 'start:servers', serverTarget(store, owner, name));
    const record = store.servers.find(owner.id, name);
    if (record === undefined && name !== '') throw notFound();
    const template = wanted(owner.id, slug);
    if (record?.state.kind !== 'ready') throw notRunning(owner, name);
    const content = contentOf(template);
    if (content === null) throw new HubError('not-found', `The notebook of the template ${shown(slug)} is missing. An administrator finds the reason in the hub's log.`);
    const target = `server:${owner.name}/${name}`;
    try {
      const path = await put({ record, origin: record.state.origin, stem: slug, content, signal: AbortSignal.timeout(COPY_MS) });
      audit.record(actor, 'server.template', target, { detail: { template: slug, path } });
      return { path };
    } catch (err) {
      audit.note(actor, 'server.template', target, { result: 'failed', detail: { template: slug } });
      if (err instanceof HubError) throw err;
      throw new HubError('upstream-failed', 'The server did not take the copy. Is there room left in its workspace?', { cause: err });
    }
  }

  function preview(actor: Actor, slug: string) {
    const template = look().find((one) => one.slug === slug && isShownTo(actor, one));
    const seen = template === undefined ? undefined : previewOf(contentOf(template));
    if (template === undefined || seen === undefined) throw new HubError('not-found', 'There is no such template.');
    return { ...about(template), ...seen };
  }

  return {
    list: (actor) => look().filter((template) => template.notebook !== null && isShownTo(actor, template)).map(about),
    offeredTo: ({ id }) => offered(id).filter(({ notebook }) => notebook !== null).map(about),
    preview,
    copy,
    gate: { demand: (owner, slug) => void wanted(owner, slug), bring },
  };
}

const about = ({ slug, title, description, groups }: FoundTemplate): Template => ({ slug, title, description, groups });

/** What is in the folder, read again after a moment; what is wrong there is logged once. */
function createLook({ folder, clock, log }: Pick<TemplatesDeps, 'folder' | 'clock' | 'log'>): () => readonly FoundTemplate[] {
  let seen: readonly FoundTemplate[] = [];
  let atMs = -Infinity;
  let told = '';
  return () => {
    const now = clock.monotonicMs();
    if (now - atMs < FRESH_MS) return seen;
    atMs = now;
    const { templates, problems } = folder.read();
    if (told !== problems.join('\n')) problems.forEach((problem) => log.warn({ problem }, 'a template cannot be used'));
    told = problems.join('\n');
    seen = templates;
    return seen;
  };
}
