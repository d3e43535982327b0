import tseslint from 'typescript-eslint';

/** `process.env` has one reader and each driver has one owner (docs/architecture.md). */
const noEnv = { selector: "MemberExpression[object.name='process'][property.name='env']", message: 'Read settings through hub/config.' };
const owns = (...names) => ({ 'no-restricted-imports': ['error', { paths: names.map((name) => ({ name, message: `${name} has one owner; see docs/architecture.md.` })) }] });
const DRIVERS = { sqlite: ['better-sqlite3'], docker: ['dockerode'], web: ['express', 'helmet', 'passport', 'passport-local'], wire: ['undici', 'http-proxy'] };
const except = (...kept) => Object.entries(DRIVERS).filter(([k]) => !kept.includes(k)).flatMap(([, v]) => v);

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/', 'state/', 'views/static/vendor/'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.base],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      'no-console': 'error',
      'no-empty': ['error', { allowEmptyCatch: false }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['hub/**/*.ts', 'hub/**/*.tsx', 'proxy/**/*.ts', 'spawner/**/*.ts', 'auth/**/*.ts', 'views/**/*.tsx', 'views/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 4],
      'max-depth': ['error', 3],
      'no-restricted-syntax': ['error', noEnv],
      ...owns(...except()),
    },
  },
  // A factory is judged by its inner functions.
  { files: ['hub/services/**/*.ts', 'hub/create-hub.ts', 'hub/store/*.ts', 'proxy/*.ts', 'spawner/**/*-spawner.ts', 'spawner/{docker,fake,process}/*.ts', 'hub/http/**/*.ts'], rules: { 'max-lines-per-function': ['error', { max: 160, skipBlankLines: true, skipComments: true }] } },
  { files: ['hub/store/**/*.ts'], rules: owns(...except('sqlite')) },
  { files: ['spawner/docker/**/*.ts'], rules: owns(...except('docker')) },
  { files: ['hub/http/**/*.ts', 'hub/http/**/*.tsx'], rules: owns(...except('web')) },
  { files: ['proxy/**/*.ts', 'spawner/readiness.ts'], rules: owns(...except('wire')) },
  { files: ['hub/config/**/*.ts', 'hub/main.ts', 'hub/cli/**/*.ts'], rules: { 'no-restricted-syntax': 'off' } },
  { files: ['hub/cli/**/*.ts', 'hub/main.ts', 'bench/**/*.ts'], rules: { 'no-console': 'off' } },
);
