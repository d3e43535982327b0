import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isActivity } from '../../../views/i18n/activity';
import { deedKey } from '../../../views/i18n/audit';

const ROOT = path.resolve(__dirname, '../../..');
const sources = (folder: string): readonly string[] => readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts')).map((file) => readFileSync(path.join(ROOT, folder, file), 'utf8'));

/** First words of what stands in people's own activity, as the database knows them. */
const OWN = new Set([...readFileSync(path.join(ROOT, 'hub/store/migrations/0021_profiles.sql'), 'utf8').matchAll(/\('([a-z-]+)', '[a-z]+'\)/g)].map(([, word]) => word));
/** Names of settings and of texts, which look the same. */
const OTHERS = new Set(['server.cap']);
const LITERAL = /'((?:audit|backup|checks|group|health|import|isolation|maintenance|notice|oauth|request|role|server|service|setting|share|share-code|token|user|volume)\.[a-z]+(?:-[a-z]+)*)'/g;

const actions = [...new Set(sources('hub/services').flatMap((text) => [...text.matchAll(LITERAL)].map(([, action = '']) => action)))].filter((action) => !OTHERS.has(action)).sort();

test('what is written into the audit log is told in words, and so is what people see there of themselves', () => {
  expect(actions.length).toBeGreaterThan(70);
  expect(OWN.size).toBeGreaterThan(6);
  expect(actions.filter((action) => deedKey(action) === undefined)).toEqual([]);
  expect(actions.filter((action) => OWN.has(action.slice(0, action.indexOf('.'))) && !isActivity(action))).toEqual([]);
});
