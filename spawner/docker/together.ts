/**
 * What several calls of the engine bring that do not need each other. Rejects with the first failure, and only when all of them ended: whoever
 * cleans up after it finds whatever the others made.
 */
export async function together<T extends readonly unknown[]>(...work: { readonly [K in keyof T]: Promise<T[K]> }): Promise<T> {
  const failed = (await Promise.allSettled(work)).find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return Promise.all(work) as unknown as Promise<T>;
}
