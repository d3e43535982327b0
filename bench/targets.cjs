'use strict';
/**
 * What the hub has to reach. A check compares the median of a figure of ours with that of a peer (`than`), or with a limit. `most`: ours ÷ theirs may be that at most;
 * `least`: theirs ÷ ours, or ours ÷ theirs where more is better, has to be that at least. Whether it is met is computed from the results, never written down.
 *
 * @typedef {{ id: string, says: string, scenario: string, figure: string, ours: string, than?: string, thanFigure?: string, most?: number, least?: number, limit?: number, unit?: string, moreIsBetter?: boolean, at?: 'median' | 'max' }} Check
 */
const proxied = (who) => [
  { id: `${who}-chp`, says: 'configurable-http-proxy', scenario: 'proxy', figure: 'cpu', ours: who, than: 'chp', most: 1 / 3 },
  { id: `${who}-undici`, says: 'bare undici', scenario: 'proxy', figure: 'cpu', ours: who, than: 'undici', most: 1.1 },
];

/** @type {readonly { title: string, target: string, checks: readonly Check[] }[]} */
const ROWS = [
  { title: 'CPU per proxied small request, signed in by cookie, authorised, activity recorded, sanitised', target: 'at most a third of configurable-http-proxy\'s, at most 1.1 times the bare undici forwarder', checks: proxied('cookie') },
  { title: 'The same with a hub token', target: 'the same', checks: proxied('token') },
];

module.exports = { ROWS };
