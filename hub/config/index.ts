export type { Config } from './config';
export { effective, type EffectiveSetting } from './effective';
export { createLiveConfig, type LiveConfig } from './live';
export { type Environment, loadConfig, type LoadedConfig, type Sources } from './load';
export { ConfigError, parseConfig } from './parse';
export { atPort } from './resolve';
