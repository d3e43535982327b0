import helmet from 'helmet';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Sites } from '../../domain/sites';

type Area = 'page' | 'api';
type Headers = readonly (readonly [name: string, value: string])[];

const YEAR_SECONDS = 31_536_000;
const self = ["'self'"];
const none = ["'none'"];

/** Every header is chosen here: helmet's defaults would allow inline style, and would send people on plain http to https. */
function chosen(area: Area, https: boolean, sites: Sites | null): ReturnType<typeof helmet> {
  const common = {
    strictTransportSecurity: https ? { maxAge: YEAR_SECONDS, includeSubDomains: sites !== null } : false,
    crossOriginResourcePolicy: { policy: 'same-origin' },
    crossOriginEmbedderPolicy: false,
    originAgentCluster: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
    xDnsPrefetchControl: { allow: false },
    xFrameOptions: { action: 'deny' },
  } as const;
  return area === 'page'
    ? helmet({
        ...common,
        contentSecurityPolicy: {
          useDefaults: false,
          directives: {
            defaultSrc: none, scriptSrc: self, styleSrc: self, imgSrc: ["'self'", 'data:'], fontSrc: self, connectSrc: self, formAction: sites === null ? self : [...self, sites.pattern], baseUri: none, frameAncestors: none,
          },
        },
        crossOriginOpenerPolicy: { policy: 'same-origin' },
        referrerPolicy: { policy: 'same-origin' },
      })
    : helmet({
        ...common,
        contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: none, frameAncestors: none, sandbox: [] } },
        crossOriginOpenerPolicy: false,
        referrerPolicy: { policy: 'no-referrer' },
      });
}

const PERMISSIONS = 'camera=(), microphone=(), geolocation=(), payment=(), usb=()';

/** What helmet writes depends on nothing in a request, so it writes once. Written anew each time it was an eighth of the cost of a call of the API (051). */
function written(area: Area, https: boolean, sites: Sites | null): Headers {
  const headers: [string, string][] = [];
  const res = new ServerResponse(new IncomingMessage(new Socket()));
  res.setHeader = (name, value) => {
    headers.push([name, String(value)]);
    return res;
  };
  res.setHeader('Cache-Control', 'no-store');
  if (area === 'page') res.setHeader('Permissions-Policy', PERMISSIONS);
  chosen(area, https, sites)(res.req, res, (err) => {
    if (err !== undefined) throw err as Error;
  });
  return headers;
}

/**
 * Section 3.3 of the security cases. `area` and scheme are known per request; the four sets are made once. With `sites`, what a form
 * of the hub leads to may lie on one: browsers hold redirects after a form against `form-action` too.
 */
export function createSecurityHeaders(sites: Sites | null): (res: ServerResponse, area: Area, scheme: 'http' | 'https') => void {
  const made = new Map<string, Headers>();
  return (res, area, scheme) => {
    const which = `${area}:${scheme}`;
    const headers = made.get(which) ?? written(area, scheme === 'https', sites);
    made.set(which, headers);
    for (const [name, value] of headers) res.setHeader(name, value);
  };
}
