import helmet from 'helmet';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Sites } from '../../domain/sites';

type Middleware = (req: IncomingMessage, res: ServerResponse, next: (err?: unknown) => void) => void;

const YEAR_SECONDS = 31_536_000;
const self = ["'self'"];
const none = ["'none'"];

/** Every header is chosen here: helmet's defaults would allow inline style, and would send people on plain http to https. */
function headers(area: 'page' | 'api', https: boolean, sites: Sites | null): Middleware {
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

/**
 * Section 3.3 of the security cases. `area` and scheme are known per request; the four sets are made once. With `sites`, what a form
 * of the hub leads to may lie on one: browsers hold redirects after a form against `form-action` too.
 */
export function createSecurityHeaders(sites: Sites | null): (area: 'page' | 'api', https: boolean) => Middleware {
  const sets = new Map((['page', 'api'] as const).flatMap((area) => [true, false].map((https) => [`${area}:${https}`, headers(area, https, sites)] as const)));
  return (area, https) => (req, res, next) => {
    res.setHeader('Cache-Control', 'no-store');
    if (area === 'page') res.setHeader('Permissions-Policy', PERMISSIONS);
    (sets.get(`${area}:${https}`) as Middleware)(req, res, next);
  };
}
