import { STATUS, type ErrorCode } from '../../../hub/domain/errors';
import type { HttpSettings } from '../../../hub/http/deps';
import { prefers } from '../../../hub/http/exchange';
import { createRenderFailure } from '../../../hub/http/render-failure';
import { loadStaticFiles } from '../../../hub/http/static-files';
import { createUrls } from '../../../hub/urls';

const urls = createUrls('/jupyter/');
const render = createRenderFailure({ settings: { language: 'auto' } as HttpSettings, urls, files: loadStaticFiles(urls.static), brand: { name: 'Berth', logo: null, style: null, stage: null } });
const failure = { message: 'Nobody <b>answers</b>.', path: '/user/alice/lab', requestId: 'r1' } as const;

describe('what the proxy shows when something fails', () => {
  it.each(Object.keys(STATUS) as ErrorCode[])('has a page and JSON for %s', (code) => {
    const page = render({ ...failure, code, wantsHtml: true });
    expect(page.headers['Content-Type']).toBe('text/html; charset=utf-8');
    expect(page.headers['Content-Security-Policy']).toContain("frame-ancestors 'none'");
    expect(page.body).toContain('Nobody &lt;b>answers&lt;/b>.');
    expect(page.body).toContain('/jupyter/hub/static/hub.css?v=');
    expect(page.body).not.toContain('<form');
    expect(JSON.parse(render({ ...failure, code, wantsHtml: false }).body)).toEqual({ status: STATUS[code], message: failure.message, code, requestId: 'r1' });
  });

  it('has exactly JupyterHub’s two fields below /hub/api', () => {
    const { body, headers } = render({ ...failure, path: '/hub/api/users', code: 'forbidden', wantsHtml: false });
    expect(JSON.parse(body)).toEqual({ status: 403, message: failure.message });
    expect(headers).toMatchObject({ 'X-Hub-Code': 'forbidden', 'X-Request-Id': 'r1', 'Cache-Control': 'no-store' });
  });

  it('copes with an address that nobody understood', () => {
    expect(JSON.parse(render({ ...failure, path: null, code: 'invalid-input', wantsHtml: false }).body)).toEqual({ status: 400, message: failure.message });
  });
});

describe('prefers', () => {
  it.each([
    ['text/html,application/xhtml+xml,*/*;q=0.8', true],
    ['application/json', false],
    ['*/*', false],
    ['', false],
    ['application/json;q=0.9, text/html;q=0.5', false],
    ['application/json;q=0.5, text/html;q=0.9', true],
    ['text/html;q=0', false],
  ])('%j wants HTML: %s', (accept, html) => {
    expect(prefers(accept, 'text/html', 'application/json')).toBe(html);
  });
});
