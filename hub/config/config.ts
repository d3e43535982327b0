import type { OfferedProfile } from '../domain/profile';
import type { DeclaredService } from '../domain/service';
import type { Settings } from './schema';

type Frozen<T> = T extends readonly (infer Item)[] ? readonly Frozen<Item>[] : T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;

/**
 * The hub's settings, complete and frozen. Durations are milliseconds and sizes are bytes; where 0 means none, it is null here.
 * Paths are absolute.
 */
export type Config = Frozen<Omit<Settings, 'publicUrl' | 'basePath' | 'profiles' | 'services'>> & {
  /** `https://host[:port]/path/`, with the slash at its end. */
  readonly publicUrl: string;
  /** The path of the public URL: begins and ends with a slash. */
  readonly basePath: string;
  /** Every origin that a browser may come from, the public URL's own first. */
  readonly origins: readonly string[];
  /** At least one; the first is the default. */
  readonly profiles: readonly OfferedProfile[];
  readonly services: readonly DeclaredService[];
};
