import type { DeclaredService } from '../domain/service';
import type { DeclaredSettings } from './declared';

interface Around {
  /** Base path of the hub. */
  readonly base: string;
  /** From a path as it was written to an absolute one. */
  readonly at: (place: string) => string;
}

/** Services with everything that follows from what was written. */
export const servicesOf = ({ services, roles }: Pick<DeclaredSettings, 'services' | 'roles'>, { base, at }: Around): readonly DeclaredService[] =>
  services.map((service) => {
    const { name, url = null, cwd, admin = false } = service;
    const held = [...(admin ? ['admin'] : []), ...service.roles, ...roles.filter((role) => role.services?.includes(name)).map((role) => role.name)];
    return {
      name,
      // The role makes an administrator, however it was given, as it does with people.
      admin: held.includes('admin'),
      roles: [...new Set(held)],
      token: service.token ?? null,
      url,
      command: service.command ?? [],
      cwd: cwd === undefined ? null : at(cwd),
      environment: service.environment,
      oauthClientId: service.oauthClientId ?? `service-${name}`,
      oauthRedirectUri: service.oauthRedirectUri ?? (url === null ? null : `${base}services/${name}/oauth_callback`),
      oauthNoConfirm: service.oauthNoConfirm ?? false,
      oauthAllowedScopes: service.oauthAllowedScopes,
      display: service.display ?? true,
      info: service.info,
    };
  });
