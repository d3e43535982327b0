import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';

export type Markup = VNode;

/** The only place where pages become text; everything in them is escaped by the library. */
export const renderPage = (page: Markup): string => `<!doctype html>\n${renderToString(page)}`;
