import { LOOPBACK } from './dummy-problems';

interface Ask {
  readonly spawner: string | undefined;
  readonly listenHost: string | undefined;
  /** The public URL, if there is one, and every further origin. */
  readonly addresses: readonly (string | null | undefined)[];
  readonly profiles: readonly { readonly slug: string; readonly mode: string; readonly argv?: readonly string[] | undefined }[];
}

/** Labs without containers are for one person on a machine of one's own: nobody else may come near them, and there is no setting that lets them. */
export function processProblems({ spawner, listenHost, addresses, profiles }: Ask): readonly string[] {
  if (spawner !== 'process') return [];
  const others = addresses.flatMap((address) => (address === null || address === undefined ? [] : [new URL(address)])).filter(({ hostname }) => !LOOPBACK.test(hostname));
  const kept = 'with the process spawner labs run as you, without isolation, so only this machine may reach the hub';
  return [
    ...(listenHost !== undefined && !LOOPBACK.test(listenHost) ? [`listen.host (HUB_LISTEN_HOST): ${kept}; choose 127.0.0.1, not ${listenHost}, or the docker spawner`] : []),
    ...others.map(({ origin }) => `spawner (HUB_SPAWNER): ${kept}; ${origin} is elsewhere`),
    ...profiles.filter(startsNoJupyter).map(({ slug }) => `profiles: ${slug} cannot run without containers: with the process spawner a profile starts "jupyter lab" or "jupyter server", and signs nobody in by itself`),
  ];
}

const startsNoJupyter = ({ mode, argv }: Ask['profiles'][number]): boolean => mode === 'singleuser' || (argv !== undefined && argv.length > 0 && (argv[0] !== 'jupyter' || !/^[a-z]+$/.test(argv[1] ?? '')));
