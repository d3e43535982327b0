import { z } from 'zod';
import { HubError } from '../../domain/errors';
import { TOPICS, type Topic } from '../../domain/topics';
import { createEventStreams } from '../event-streams';
import { actorOf, type Kit } from '../kit';
import { operation } from '../operation';
import type { HubRoute } from '../routes';

const EventsQuery = z.object({
  topics: z.string().max(200).optional().describe(`Some of ${TOPICS.join(', ')}, separated by commas; all of them when it is left out.`),
  seconds: z.coerce.number('seconds is a whole number from 0 to 86400.').int('seconds is a whole number from 0 to 86400.').min(0, 'seconds is a whole number from 0 to 86400.').max(86_400, 'seconds is a whole number from 0 to 86400.').optional().describe('Ends the stream after so long; when it is left out, it goes on.'),
});

/** One stream for everything that pages show: it says what changed, and whoever reads it asks again. */
export function eventRoutes(kit: Kit): readonly HubRoute[] {
  const streams = createEventStreams(kit, 'event streams');
  return [
    operation({
      method: 'get', path: '/hub/api/events', needs: ['read:servers'],
      doc: {
        id: 'followEvents', tag: 'Hub', summary: 'Follow what changes', query: EventsQuery,
        description: 'Server-sent events. Each is `{"topics": […]}`: what changed since the last one, of your own things, and for administrators of everybody\'s. The first one is empty.',
        answers: { 200: { description: 'The stream.', type: 'text/event-stream' }, 429: 'You have too many of them open.' },
      },
      handle: (x, { query }) => {
        const { topics, seconds } = query();
        const asked = topicsOf(topics);
        return streams.open(x, (signal) => kit.deps.feed.follow(actorOf(x), asked, seconds === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000)])));
      },
    }),
  ];
}

function topicsOf(text: string | undefined): ReadonlySet<Topic> {
  if (text === undefined) return new Set(TOPICS);
  const asked = text.split(',');
  const unknown = asked.find((topic) => !(TOPICS as readonly string[]).includes(topic));
  if (unknown !== undefined) throw new HubError('invalid-input', `There is no topic "${unknown.slice(0, 40)}". There are: ${TOPICS.join(', ')}.`);
  return new Set(asked as Topic[]);
}
