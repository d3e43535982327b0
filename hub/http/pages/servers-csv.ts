import { csvCell } from '../../domain/audit';
import { endOf } from '../../domain/idleness';
import type { ServerAsk, ServerList, ServerRow, ServerSort } from '../../services/server-list-contract';
import { actorOf } from '../kit';
import type { Exchange } from '../exchange';

const AT_ONCE = 200;
const HEAD = ['user', 'server', 'state', 'since', 'profile', 'last_activity', 'cpus', 'cpu_limit', 'memory_bytes', 'memory_limit', 'volume_bytes', 'idle', 'ends'];

/** A list of servers as a file, a part at a time, so that a long one keeps nobody waiting. No cell is ever the start of a formula (R04). */
export async function serversCsv(x: Exchange, list: ServerList, ask: ServerAsk & { readonly sort: ServerSort }): Promise<void> {
  const { res } = x;
  const actor = actorOf(x);
  // Asked first: who may not is told so by a page, not in a file.
  let rows = list.page(actor, { ...ask, offset: 0, limit: AT_ONCE }).rows;
  res.writeHead(200, { 'Content-Type': 'text/csv; charset=utf-8', 'Content-Disposition': 'attachment; filename="servers.csv"' });
  res.write(line(HEAD));
  for (let offset = AT_ONCE; rows.length > 0 && !res.destroyed; offset += AT_ONCE) {
    res.write(rows.map((row) => line(cellsOf(row))).join(''));
    await new Promise(setImmediate);
    rows = rows.length < AT_ONCE ? [] : list.page(actor, { ...ask, offset, limit: AT_ONCE }).rows;
  }
  res.end();
}

const line = (cells: readonly string[]): string => `${cells.map(csvCell).join(',')}\r\n`;
const text = (value: number | string | null | undefined): string => (value === null || value === undefined ? '' : String(value));

function cellsOf({ record, owner, usage, volumeBytes, idle }: ServerRow): readonly string[] {
  const at = (date: Date | null | undefined): string => date?.toISOString() ?? '';
  return [
    owner.name, record.name, record.state.kind, at(record.state.since), text(record.profile), at(record.lastActivity), text(usage?.cpus), text(usage?.cpuLimit), text(usage?.memoryBytes), text(usage?.memoryLimit),
    text(volumeBytes), text(idle?.sentence), at(idle === null ? null : endOf(idle.verdict)),
  ];
}
