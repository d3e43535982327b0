/** One project per ring, so that `jest --selectProjects unit` is the quick loop and `npm test` runs them all. */
const ring = (name, extra = {}) => ({
  displayName: name,
  testEnvironment: 'node',
  testMatch: [`<rootDir>/tests/${name}/**/*.test.ts`, `<rootDir>/tests/${name}/**/*.test.tsx`],
  transform: { '^.+\\.tsx?$': ['@swc/jest', SWC], '^.+/node_modules/.+\\.m?js$': ['@swc/jest', SWC] },
  // Packages that ship ES modules only are compiled like our own code (docs/decisions/001-module-system.md).
  transformIgnorePatterns: ['/node_modules/(?!(openid-client|oauth4webapi|jose)/)'],
  ...extra,
});
const SWC = {
  jsc: { parser: { syntax: 'typescript', tsx: true }, target: 'es2022', transform: { react: { runtime: 'automatic', importSource: 'preact' } } },
  module: { type: 'commonjs' },
};
module.exports = {
  projects: ['unit', 'contracts', 'architecture', 'docs', 'http', 'clients', 'proxy', 'docker', 'browser'].map((name) => ring(name)),
  // For what hangs: how long a test takes is not what it judges.
  testTimeout: 60_000,
};
