/** Keys of the labels on everything that is made in an engine. Identity lives here and never in a name, which only decorates. */
export const LABEL = {
  /** `InstanceId` of the hub that made it: two hubs may share an engine. */
  instance: 'berth.instance',
  /** One of `ROLE`. */
  role: 'berth.role',
  /** `ServerId`. */
  server: 'berth.server',
  /** `UserId` of the owner. */
  user: 'berth.user',
  /** Port on which the server listens inside its container. */
  port: 'berth.port',
  /** `Mode` in which the server was started. On an image: what whoever made it says about its command. */
  mode: 'berth.mode',
  /** The image as the profile calls it; the container's own `Image` is the id that this meant at the start. */
  image: 'berth.image',
  /** On volumes: their `VolumeId`. */
  volume: 'berth.volume',
  /** On volumes: `home`, `workspace`, `cache` or `shared`. */
  purpose: 'berth.purpose',
  /** Marks what one run of the tests made, so that it can be swept. */
  run: 'berth.run',
} as const;

export const ROLE = { lab: 'lab', helper: 'helper', probe: 'probe', archive: 'archive' } as const;

export type Labels = Readonly<Record<string, string>>;
