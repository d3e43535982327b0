import { translator, type MessageKey, CATALOGUES } from '../../views/i18n';
import type { Brand } from '../../views/layout';
import { errorPage } from '../../views/pages/confirm';
import { renderPage } from '../../views/render';
import { STATUS, type ErrorCode } from '../domain/errors';
import type { HttpSettings } from './deps';
import type { Urls } from '../urls';
import { isApi } from './middleware/errors';
import type { StaticFiles } from './static-files';

/** A refusal or an upstream failure that the proxy has to explain; no request is at hand, and nobody can be greeted by name. */
export interface ProxyFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly path: string | null;
  readonly wantsHtml: boolean;
  readonly requestId: string;
}

export interface RenderedFailure {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const COMMON = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' } as const;

/** The same pages as everywhere else, for what never reached the hub's application. Never throws. */
export function createRenderFailure({ settings, urls, files, brand }: { readonly settings: HttpSettings; readonly urls: Urls; readonly files: StaticFiles; readonly brand: Brand }): (failure: ProxyFailure) => RenderedFailure {
  const lang = settings.language === 'zh' ? 'zh' : 'en';
  const t = translator(lang);
  const titleOf = (code: ErrorCode): string => t(Object.hasOwn(CATALOGUES.en, `error.${code}`) ? (`error.${code}` as MessageKey) : 'error.title');

  return ({ code, message, path, wantsHtml, requestId }) => {
    const status = STATUS[code];
    const headers = { ...COMMON, 'X-Request-Id': requestId, 'X-Hub-Code': code };
    if (!wantsHtml) {
      // An address that nobody could read may have been one of the API's.
      const body = path === null || isApi(path) ? { status, message } : { status, message, code, requestId };
      return { headers: { ...headers, 'Content-Type': 'application/json', 'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'" }, body: JSON.stringify(body) };
    }
    const shell = { lang, t, theme: 'auto', brand, urls, asset: files.url, xsrf: '', viewer: null, flashes: [], here: urls.home, path: '' } as const;
    const html = renderPage(errorPage(shell, { title: titleOf(code), message, requestId, retry: undefined }));
    return { headers: { ...headers, 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': POLICY, 'Referrer-Policy': 'same-origin' }, body: html };
  };
}
