import { createApp, type AppDeps, type HubRoute } from '../../hub/http/app';

/** The rows only; but for the look of the hub, nothing of what they are given is used before a handler runs. */
export const ROUTES: readonly HubRoute[] = (() => {
  const brand = { name: 'Berth', logo: null, accent: null, stage: null };
  const anything: unknown = new Proxy(() => anything, { get: (_target, key) => (key === 'brand' ? brand : key === Symbol.iterator ? function* none() { /* Nothing to walk. */ } : key === Symbol.toPrimitive ? () => 'x' : anything), apply: () => anything });
  return createApp(anything as AppDeps).routes;
})();
