import { createUrls } from '../../hub/urls';
import type { Shell } from '../layout';
import type { Markup } from '../render';

/** One page in one state, with canned data: what `/dev/gallery` shows, and what the tests of every page walk through. */
export interface Exhibit {
  /** Unique; part of its address. */
  readonly id: string;
  readonly title: string;
  /** Who looks at it. */
  readonly viewer: 'nobody' | 'user' | 'admin';
  readonly page: (shell: Shell) => Markup;
}

/** For models that have addresses in them. */
export const URLS = createUrls('/');

/** When everything in the gallery happens. */
export const NOW = new Date('2026-03-02T14:00:00Z');
const MINUTE_MS = 60_000;
export const minutesAgo = (minutes: number): Date => new Date(NOW.getTime() - minutes * MINUTE_MS);
