interface Bcrypt {
  compare(password: string, hash: string): Promise<boolean>;
}

/** A hash of cost 15 already takes seconds; nobody uses more, and a forged one must not occupy a thread for hours. */
const FOREIGN = /^\$2[aby]\$(?:0[4-9]|1[0-5])\$[./A-Za-z0-9]{53}$/;

/** Whether this is a hash that `verifyForeign` can check: bcrypt's, as other hubs keep passwords. */
export const isForeign = (hash: string): boolean => FOREIGN.test(hash);

/** Whether `password` is the one that was hashed, on a thread of its own. bcrypt looks at the first 72 bytes of its UTF-8 form. */
export async function verifyForeign(hash: string, password: string): Promise<boolean> {
  if (!isForeign(hash)) return false;
  // Only a hub that took accounts over from another one has such hashes.
  return (require('@node-rs/bcrypt') as Bcrypt).compare(password, hash);
}
