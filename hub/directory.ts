import { isServiceRoute, type RouteTable } from '../proxy/route-table';
import type { AppDeps, RouteView } from './http/deps';
import type { OfferedProfile } from './domain/profile';
import { profilesOf } from './services/lab-request';
import type { PolicyBook } from './services/policy-book';
import type { Store } from './store/store';

/** The proxy's routes in the words of the API: names instead of ids, and nothing that authenticates anybody. */
function routesView({ routes, store }: { readonly routes: Pick<RouteTable, 'list'>; readonly store: Store }): readonly RouteView[] {
  const views = routes.list().map((route): RouteView => {
    const place = { routespec: route.prefix, target: route.origin };
    if (isServiceRoute(route)) return { ...place, data: { service: route.service } };
    const record = store.servers.byId(route.server);
    const lastActivity = record?.lastActivity ?? record?.state.since ?? null;
    return { ...place, data: { user: store.users.byId(route.owner)?.name ?? '', server: record?.name ?? '', lastActivity } };
  });
  return views.sort((a, b) => (a.routespec < b.routespec ? -1 : 1));
}

interface DirectoryDeps {
  readonly store: Store;
  readonly routes: Pick<RouteTable, 'list'>;
  readonly profiles: readonly OfferedProfile[];
  readonly policies: PolicyBook;
}

/** What models and pages look up; who may see it is decided by the actor's scopes. */
export const createDirectory = ({ store, routes, profiles, policies }: DirectoryDeps): AppDeps['directory'] => ({
  profilesFor: (user) => profilesOf({ profiles, policies }, user),
  dockerFrom: (user) => policies.of(user).docker.from,
  groupsOf: (user) => store.groups.groupsOf(user).map((group) => group.name),
  rolesOfGroup: (group) => store.roles.ofGroup(group),
  roles: () => store.roles.list().map(({ name }) => name),
  scopesOfRole: (name) => store.roles.byName(name)?.scopes,
  routes: () => routesView({ routes, store }),
  rolesOf: (user) => store.roles.directOfUser(user),
  nameOf: (user) => store.users.byId(user)?.name,
  visitsTo: (user) => store.visits.toServersOf(user),
  serversOf: (user) => store.servers.listOf(user),
  of: (users) => store.users.belongingsOf(users),
  servers: () => store.servers.active(),
});
