import helmet from 'helmet';
import type { IncomingMessage, ServerResponse } from 'node:http';

type Middleware = (req: IncomingMessage, res: ServerResponse, next: (err?: unknown) => void) => void;

const YEAR_SECONDS = 31_536_000;
const self = ["'self'"];
const none = ["'none'"];

/** Every header is chosen here: helmet's defaults would allow inline style, and would send people on plain http to https. */
function headers(area: 'page' | 'api', https: boolean): Middleware {
  const common = {
    strictTransportSecurity: https ? { maxAge: YEAR_SECONDS, includeSubDomains: false } : false,
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
            defaultSrc: none, scriptSrc: self, styleSrc: self, imgSrc: ["'self'", 'data:'], fontSrc: self, connectSrc: self, formAction: self, baseUri: none, frameAncestors: none,
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

/** Section 3.3 of the security cases. `area` and scheme are known per request; the four sets are made once. */
export function createSecurityHeaders(): (area: 'page' | 'api', https: boolean) => Middleware {
  const sets = new Map((['page', 'api'] as const).flatMap((area) => [true, false].map((https) => [`${area}:${https}`, headers(area, https)] as const)));
  return (area, https) => (req, res, next) => {
    res.setHeader('Cache-Control', 'no-store');
    if (area === 'page') res.setHeader('Permissions-Policy', PERMISSIONS);
    (sets.get(`${area}:${https}`) as Middleware)(req, res, next);
  };
}
