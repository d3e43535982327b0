import type { ServerName } from '../../domain/ids';
import type { User } from '../../domain/user';
import { stageText } from '../../../views/components/server';
import { refusal } from '../../../views/i18n/refusals';
import type { Progress } from '../../services/contract';
import { createEventStreams } from '../event-streams';
import type { Exchange, Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';

/**
 * Live progress as server-sent events (protocol, 2.13). JupyterHub's fields, plus `stage`, `at` and, while an image is pulled,
 * bytes. A stream ends with the start it follows, with its reader, or with the credential it was opened with.
 */
export function createProgressStreams(kit: Kit): { open(x: Exchange, owner: User, name: ServerName): Reply } {
  const streams = createEventStreams(kit, 'progress streams');
  const { servers } = kit.deps.services;
  // Before the headers: an unknown or idle server is 404 or 400, not an empty stream.
  return { open: (x, owner, name) => streams.open(x, (signal) => modelsOf(x, servers.follow(actorOf(x), owner, name, signal))) };
}

async function* modelsOf(x: Exchange, events: AsyncIterable<Progress>): AsyncGenerator<object, void> {
  for await (const event of events) yield eventModel(x, event);
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
/** JupyterHub's one field that holds markup; its clients insert it as such. */
const html = (text: string): string => text.replace(/[&<>"']/g, (c) => ESCAPES[c] ?? c);

function eventModel(x: Exchange, event: Progress): Record<string, unknown> {
  switch (event.kind) {
    case 'ready':
      return { progress: 100, ready: true, message: event.message, html_message: `Server ready at <a href="${html(event.url)}">${html(event.url)}</a>`, url: event.url };
    case 'failed': {
      // Where the stages were told in the reader's language, so is how they ended.
      const { text } = refusal(x.lang, event.message);
      return { progress: 100, failed: true, message: text, html_message: html(text) };
    }
    case 'stage': {
      const { stage } = event;
      const bytes = stage.kind === 'pulling' ? { received_bytes: stage.receivedBytes, total_bytes: stage.totalBytes, ...(stage.layers === undefined ? {} : { layers: stage.layers }) } : {};
      const place = stage.kind === 'queued' ? { position: stage.position, estimate: stage.waitMs === null ? null : Math.round(stage.waitMs / 1000) } : {};
      const template = stage.kind === 'template' ? { template: stage.template, outcome: stage.outcome, path: stage.path } : {};
      return { progress: event.percent, message: stageText(stage, x.t), stage: stage.kind, at: stage.at.toISOString(), ...bytes, ...place, ...template };
    }
  }
}
