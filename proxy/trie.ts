import type { Route, RouteTable } from './route-table';

interface Node {
  readonly children: Map<string, Node>;
  route: Route | undefined;
}

const newNode = (): Node => ({ children: new Map(), route: undefined });

/** `/user/alice/` → `user`, `alice`. */
function segmentsOf(prefix: string): string[] {
  if (!prefix.startsWith('/') || !prefix.endsWith('/') || prefix.includes('//')) throw new TypeError(`Not a route prefix: ${prefix}`);
  return prefix.slice(1, -1).split('/');
}

/** The route table: one map per path segment, so that a look-up costs as many steps as the longest prefix has segments. */
export function createRouteTable(): RouteTable {
  const root = newNode();
  const routes = new Map<string, Route>();

  const find = (prefix: string): Node | undefined => {
    let node: Node | undefined = root;
    for (const segment of segmentsOf(prefix)) node = node?.children.get(segment);
    return node;
  };

  const prune = (segments: readonly string[]): void => {
    const trail = [root];
    for (const segment of segments) {
      const next = trail[trail.length - 1]?.children.get(segment);
      if (next === undefined) return;
      trail.push(next);
    }
    for (let i = segments.length; i > 0; i -= 1) {
      const node = trail[i];
      if (node === undefined || node.route !== undefined || node.children.size > 0) return;
      trail[i - 1]?.children.delete(segments[i - 1] ?? '');
    }
  };

  return {
    set(route) {
      let node = root;
      for (const segment of segmentsOf(route.prefix)) {
        const next = node.children.get(segment) ?? newNode();
        node.children.set(segment, next);
        node = next;
      }
      node.route = route;
      routes.set(route.prefix, route);
    },

    remove(prefix) {
      const node = find(prefix);
      const removed = node?.route;
      if (node === undefined || removed === undefined) return undefined;
      node.route = undefined;
      routes.delete(prefix);
      prune(segmentsOf(prefix));
      return removed;
    },

    match(path) {
      let found: Route | undefined;
      let node: Node | undefined = root;
      let start = 1;
      while (start <= path.length) {
        const slash = path.indexOf('/', start);
        const end = slash === -1 ? path.length : slash;
        node = node.children.get(path.slice(start, end));
        if (node === undefined) return found;
        if (node.route !== undefined) found = node.route;
        start = end + 1;
      }
      return found;
    },

    list: () => [...routes.values()],
  };
}
