import { readdirSync, readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import path from 'node:path';
import { createUrls } from '../../hub/urls';
import { EXHIBITS } from '../../views/gallery';
import { NOW, type Exhibit } from '../../views/gallery/exhibit';
import { CATALOGUES } from '../../views/i18n';
import type { Shell } from '../../views/layout';
import { renderPage } from '../../views/render';
import { launchBrowser } from '../support/browser';
import { becomeAdmin } from '../support/hub-pages';
import { startHubProcess, type HubProcess } from '../support/hub-process';

jest.setTimeout(300_000);

const WIDTHS = [390, 768, 1440] as const;
const MOST_BYTES = 150_000;
/** Through the debugger's own door: the policy of the pages stays as it is, and what it refuses is seen. */
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** Units, names of commands, paths and files, and names of programs: they are called the same in Chinese. */
const SAME_IN_CHINESE = new Set(`API CPU CPUs CSV GPU HTTP HTML ID IP JSON KiB MiB GiB TiB OAuth PATH RAM SSH TLS UTC URL
  audit auto berth builder checkpoints firewall image ipynb Lab NAME noted OpenAPI prune restore runc tar verify
  Berth Docker English Hub Jupyter JupyterHub JupyterLab JupyterLab's Kubernetes Linux Markdown Parquet Python PyTorch TensorBoard Debian Chrome Chromium Firefox Safari Windows macOS`.split(/\s+/).map((word) => word.toLowerCase()));

let hub: HubProcess;
let browser: Browser;
let page: Page;
/** What the browser complained about since the last look. */
const complaints: string[] = [];

beforeAll(async () => {
  hub = await startHubProcess({ HUB_SPAWNER: 'fake' });
  browser = await launchBrowser();
  const context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce' });
  page = await context.newPage();
  await becomeAdmin(page, hub.link() ?? '');
  await context.addInitScript({ content: AXE });
  page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())));
  page.on('pageerror', (err) => void complaints.push(err.message));
});
afterAll(async () => {
  await browser?.close();
  await hub?.dispose();
});

const at = (exhibit: string, theme: 'light' | 'dark', lang: 'en' | 'zh'): string => `${hub.url}/dev/gallery/${exhibit}?theme=${theme}&lang=${lang}`;

async function open(exhibit: string, theme: 'light' | 'dark', lang: 'en' | 'zh'): Promise<string[]> {
  complaints.length = 0;
  const answer = await page.goto(at(exhibit, theme, lang), { waitUntil: 'load' });
  return answer?.status() === 200 ? [] : [`${exhibit}: status ${answer?.status()}`];
}

/** At which widths one has to scroll sideways, and what sticks out. */
async function overflows(exhibit: string): Promise<string[]> {
  const found: string[] = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 860 });
    const widest = await page.evaluate('document.documentElement.scrollWidth > innerWidth ? [...document.querySelectorAll("body *")].filter((el) => el.getBoundingClientRect().right > innerWidth + 1).slice(0, 3).map((el) => `${el.tagName.toLowerCase()}.${el.className}`).join(" ") || "something" : ""');
    if (widest !== '') found.push(`${exhibit}: wider than ${width} px: ${String(widest)}`);
  }
  return found;
}

/** What axe takes for serious or critical. */
async function barriers(exhibit: string, theme: string): Promise<string[]> {
  const found = (await page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => id + ' at ' + nodes.slice(0, 3).map(({ target, failureSummary }) => target.join(' ') + ' (' + failureSummary.split('\\n').slice(1, 2).join('').trim() + ')').join(', ')))`)) as string[];
  return found.map((text) => `${exhibit}, ${theme}: ${text}`);
}

const WORD = /[A-Za-z][A-Za-z']{2,}/g;
const SILENT: Shell = {
  lang: 'zh', t: (key, values = {}) => (CATALOGUES.zh[key].match(/\{\w+\}/g) ?? []).map((hole) => values[hole.slice(1, -1)] ?? hole).join(' '), urls: createUrls('/'), theme: 'auto', brand: { name: 'Berth', logo: null, style: null, stage: null }, asset: (file) => file, xsrf: 'x',
  viewer: { name: 'admin', admin: true, auditor: true }, flashes: [], here: '/', path: '/', now: NOW, still: true,
};

/** Words that a page shows when its own texts are taken away: the canned data's, which nobody translates. */
function wordsOfData({ page: view }: Exhibit): ReadonlySet<string> {
  const markup = renderPage(view(SILENT));
  const labels = [...markup.matchAll(/ (?:aria-label|title|placeholder)="([^"]*)"/g)].map(([, text]) => text);
  return new Set([markup.replace(/<[^>]*>/g, ' '), ...labels].join(' ').replace(/&#?\w+;/g, ' ').match(WORD) ?? []);
}

/** Words that stand on the page in Latin letters; code and what is said to be English may. */
async function latinWords(): Promise<string[]> {
  return (await page.evaluate(`(() => {
    const other = 'code, pre, kbd, samp, time, bdi, textarea, option, script, style, noscript, .brand, .stage, .who, .secret, [lang]:not([lang^="zh"]):not(html)';
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const words = [];
    // Paths, scopes and addresses are no words.
    const wordsOf = (text) => text.replace(/[\\w.-]*[:/!=][\\w.:/!=-]+/g, ' ').match(/[A-Za-z][A-Za-z']{2,}/g) ?? [];
    while (walk.nextNode()) if (!walk.currentNode.parentElement.closest(other)) words.push(...wordsOf(walk.currentNode.nodeValue));
    for (const el of document.body.querySelectorAll('[aria-label], [placeholder], [title]')) for (const name of ['aria-label', 'placeholder', 'title']) if (!el.closest(other)) words.push(...wordsOf(el.getAttribute(name) ?? ''));
    return words;
  })()`)) as string[];
}


describe('every page in every state', () => {
  it('fits a phone, a tablet and a wide screen in light, breaks no rule of its policy, and axe finds nothing serious', async () => {
    const found: string[] = [];
    for (const { id } of EXHIBITS) {
      found.push(...await open(id, 'light', 'en'), ...await overflows(id), ...await barriers(id, 'light'), ...complaints.map((text) => `${id}: ${text}`));
    }
    expect(found).toEqual([]);
  });

  it('does the same in the dark and in Chinese, and nothing is left in English but code, names and what others wrote', async () => {
    const found: string[] = [];
    for (const exhibit of EXHIBITS) {
      const { id } = exhibit;
      found.push(...await open(id, 'dark', 'zh'));
      const widths = await overflows(id);
      await page.setViewportSize({ width: 390, height: 860 });
      const data = wordsOfData(exhibit);
      const words = new Set((await latinWords()).filter((word) => !SAME_IN_CHINESE.has(word.toLowerCase()) && !data.has(word)));
      if (words.size > 0) found.push(`${id}: in English: ${[...words].join(' ')}`);
      found.push(...widths, ...await barriers(id, 'dark'), ...complaints.map((text) => `${id}: ${text}`));
    }
    expect(found).toEqual([]);
  });
});

test('no page says anything that is not in the catalogue of both languages', () => {
  const root = path.resolve(__dirname, '../../views');
  const files = ['pages', 'components'].flatMap((folder) => readdirSync(path.join(root, folder)).filter((file) => file.endsWith('.tsx')).map((file) => path.join(root, folder, file)));
  const literal = /(?:<\/?[a-z][\w.]*(?: [^<>{}]*)?>|\/>)\s*[^<>{}=;()`]*[A-Za-z]{3,}[^<>{}=;()`]*<\/[a-z]|(?:aria-label|placeholder|title)="[^"]*[A-Za-z]{3,}/g;
  const found = [...files, path.join(root, 'layout.tsx')].flatMap((file) => [...readFileSync(file, 'utf8').matchAll(literal)].map(([text]) => `${path.basename(file)}: ${text}`));
  expect(found).toEqual([]);
});

test('the first visit of any page that is in the navigation takes less than 150 kB', async () => {
  await page.goto(`${hub.url}/hub/home`);
  const addresses = (await page.evaluate('[...document.querySelectorAll("nav.nav a")].map((el) => el.href)')) as string[];
  expect(addresses.length).toBeGreaterThan(15);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Network.enable');
  await cdp.send('Network.setCacheDisabled', { cacheDisabled: true });
  let bytes = 0;
  cdp.on('Network.loadingFinished', ({ encodedDataLength }) => void (bytes += encodedDataLength));
  const heavy: string[] = [];
  for (const address of [...addresses, `${hub.url}/hub/login`, `${hub.url}/hub/api-docs`]) {
    bytes = 0;
    await page.goto(address, { waitUntil: 'load' });
    if (bytes === 0 || bytes >= MOST_BYTES) heavy.push(`${address}: ${bytes}`);
  }
  await cdp.detach();
  expect(heavy).toEqual([]);
});
