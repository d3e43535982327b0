import type { z } from 'zod';
import { json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import { operation, type Given } from '../operation';
import type { HubRoute } from '../routes';
import { pageOf } from './read';
import { serverAt } from './servers';
import { hostModel, HostUsageModel, RangeQuery, reportCsv, reportModel, ReportQuery, serverUsageModel, ServerUsageModel, UsageReportModel } from './usage-models';

/** What servers and host use, now and before: our own, not JupyterHub's. */
export function usageRoutes(kit: Kit): readonly HubRoute[] {
  const { usage } = kit.deps.services;

  const server = (x: Exchange, { query }: Given<z.ZodUndefined, typeof RangeQuery>): Reply => {
    const { owner, name } = serverAt(kit, x);
    const actor = actorOf(x);
    const view = usage.ofServer(actor, owner, name);
    return json(200, serverUsageModel(view, usage.history(actor, owner, name, query().range)));
  };
  const host = (x: Exchange, { query }: Given<z.ZodUndefined, typeof RangeQuery>): Reply => json(200, hostModel(usage.host(actorOf(x), query().range)));
  const report = (x: Exchange, { query }: Given<z.ZodUndefined, typeof ReportQuery>): Reply => {
    const { month, format, ...page } = query();
    const asked = month === undefined ? {} : { month };
    if (format === 'json') return json(200, reportModel(usage.report(actorOf(x), { ...asked, ...pageOf(page, x) })));
    const whole = usage.wholeReport(actorOf(x), month);
    const body = reportCsv(whole.month, whole.rows);
    x.res.setHeader('Content-Disposition', `attachment; filename="usage-${whole.month}.csv"`);
    return { kind: 'text', status: 200, type: 'text/csv; charset=utf-8', body, cache: 'no-store' };
  };

  const rows = (path: string, id: string, which: string): HubRoute => operation({
    method: 'get', path: `${path}/usage`, needs: ['read:servers'], handle: server,
    doc: { id: `get${id}Usage`, tag: 'Servers', summary: `Say how much CPU and memory ${which} uses`, description: 'Measured every ten seconds while somebody looks at the hub\'s pages, else every minute. Minutes are kept for 48 hours and hours for 90 days.', query: RangeQuery, answers: { 200: { description: 'Now, the last hour, and before.', model: ServerUsageModel } } },
  });
  return [
    rows('/hub/api/users/:name/server', 'Server', 'the default server'),
    rows('/hub/api/users/:name/servers/:sname', 'NamedServer', 'a named server'),
    operation({
      method: 'get', path: '/hub/api/usage/host', needs: ['admin-ui'], handle: host,
      doc: { id: 'getHostUsage', tag: 'Operation', summary: 'Say how busy the machine and the hub are', query: RangeQuery, answers: { 200: { description: 'Now, and before.', model: HostUsageModel } } },
    }),
    operation({
      method: 'get', path: '/hub/api/usage/report', needs: ['admin-ui'], handle: report,
      doc: {
        id: 'getUsageReport', tag: 'Operation', summary: 'Report the hours of servers by user and month', description: 'Needs `read:users:activity` on everybody, too. An hour counts when it is over.',
        query: ReportQuery, answers: { 200: { description: 'The month.', model: UsageReportModel, orType: 'text/csv' } },
      },
    }),
  ];
}
