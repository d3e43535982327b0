export type { Config } from './config';
export { effective, type EffectiveSetting } from './effective';
export { type Environment, loadConfig, type LoadedConfig, type Sources } from './load';
export { ConfigError, parseConfig } from './parse';
export { atPort } from './resolve';
