/**
 * An uncaught exception or an unhandled rejection anywhere in a test file fails it, even one that happens between two tests:
 * a hub that survives only because nobody looked is not a hub that survives.
 */
const seen: unknown[] = [];
const note = (err: unknown): void => {
  seen.push(err);
};

beforeAll(() => {
  process.on('uncaughtException', note);
  process.on('unhandledRejection', note);
});

afterEach(() => {
  const found = seen.splice(0);
  if (found.length > 0) throw new Error(`${found.length} uncaught error(s) during this test`, { cause: found[0] });
});

afterAll(() => {
  process.off('uncaughtException', note);
  process.off('unhandledRejection', note);
});
