interface Ask {
  readonly authenticator: string | undefined;
  readonly password: string | null | undefined;
  readonly allowPublic: boolean | undefined;
  /** The public URL, if there is one, and every further origin. */
  readonly addresses: readonly (string | null | undefined)[];
  readonly listenHost: string | undefined;
}

/** Hosts that only this machine reaches. */
export const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/;

/** One password for everybody is for a machine of one's own: elsewhere only whoever says so in as many words gets it. */
export function dummyProblems({ authenticator, password, allowPublic, addresses, listenHost }: Ask): readonly string[] {
  if (authenticator !== 'dummy') return [];
  const hosts = addresses.flatMap((address) => (address === null || address === undefined ? [] : [new URL(address).hostname]));
  const open = [...hosts, ...(listenHost === undefined ? [] : [listenHost])].filter((host) => !LOOPBACK.test(host));
  return [
    ...(password === null ? ['dummy.password (HUB_DUMMY_PASSWORD): the dummy authenticator needs the password that everybody signs in with'] : []),
    ...(open.length > 0 && allowPublic !== true ? [`authenticator (HUB_AUTHENTICATOR): dummy lets everybody with one password in under any name, and others than this machine reach the hub at ${open.join(', ')}; choose password, or set dummy.allowPublic (HUB_DUMMY_ALLOW_PUBLIC)`] : []),
  ];
}
