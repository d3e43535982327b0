import { checkCrossSite } from '../../../hub/domain/cross-site';

const US = 'https://hub.test';
const accepted = new Set([US, 'http://localhost:8000']);
type Row = [method: string, origin: string | undefined, site: string | undefined, mode: string | undefined, dest: string | undefined, upgrade: boolean, verdict: string];

test.each<Row>([
  ['POST', US, undefined, undefined, undefined, false, 'ok'],
  ['POST', 'http://localhost:8000', 'same-origin', 'cors', 'empty', false, 'ok'],
  ['POST', US, 'none', 'navigate', 'document', false, 'ok'],
  ['POST', undefined, 'same-origin', undefined, undefined, false, 'ok'],
  ['POST', undefined, undefined, undefined, undefined, false, 'origin-missing'],
  ['POST', undefined, 'none', undefined, undefined, false, 'origin-missing'],
  ['POST', US, 'cross-site', 'no-cors', 'document', false, 'site-foreign'],
  ['POST', US, 'same-site', 'cors', 'empty', false, 'site-foreign'],
  ['POST', US, 'something-new', 'cors', 'empty', false, 'site-foreign'],
  ['DELETE', 'null', 'same-origin', 'cors', 'empty', false, 'origin-foreign'],
  ['PUT', 'https://hub.test.evil', undefined, undefined, undefined, false, 'origin-foreign'],
  ['PATCH', 'https://HUB.test', undefined, undefined, undefined, false, 'origin-foreign'],
  ['GET', undefined, undefined, undefined, undefined, false, 'ok'],
  ['GET', undefined, 'none', 'navigate', 'document', false, 'ok'],
  ['GET', undefined, 'same-origin', 'cors', 'empty', false, 'ok'],
  ['GET', undefined, 'cross-site', 'navigate', 'document', false, 'ok'],
  ['GET', undefined, 'cross-site', 'navigate', 'iframe', false, 'site-foreign'],
  ['GET', undefined, 'cross-site', 'no-cors', 'script', false, 'site-foreign'],
  ['GET', undefined, 'same-site', 'cors', 'empty', false, 'site-foreign'],
  ['GET', 'https://evil', undefined, undefined, undefined, false, 'origin-foreign'],
  ['HEAD', undefined, 'cross-site', 'no-cors', 'image', false, 'site-foreign'],
  ['GET', US, undefined, 'websocket', 'websocket', true, 'ok'],
  ['GET', US, 'same-origin', 'websocket', 'websocket', true, 'ok'],
  ['GET', US, 'cross-site', 'websocket', 'websocket', true, 'site-foreign'],
  ['GET', undefined, 'same-origin', 'websocket', 'websocket', true, 'origin-missing'],
  ['GET', 'null', undefined, undefined, undefined, true, 'origin-foreign'],
])('%s from origin %s (%s, %s, %s), upgrade %s: %s', (method, origin, secFetchSite, secFetchMode, secFetchDest, upgrade, verdict) => {
  expect(checkCrossSite({ method, origin, secFetchSite, secFetchMode, secFetchDest, upgrade }, accepted)).toBe(verdict);
});
