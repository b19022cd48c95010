import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { AllowedUsers } from "../options.ts";

/** Which automatic account has which user id. Files keep their owner, so it survives the agent. */
export interface Accounts {
  /** The account's user id, given out if need be; null when all are in use. */
  uidOf(key: string): number | null;
  /** The account is not needed any more, or all that begin so if it ends in `/`: the files are gone. */
  release(key: string): void;
}

export function openAccounts(path: string, range: AllowedUsers["accounts"]): Accounts {
  if (range === null) return { uidOf: () => null, release: () => undefined };
  const uids = readAccounts(path);
  const store = () => {
    writeFileSync(`${path}.new`, JSON.stringify(Object.fromEntries(uids)), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  };
  return {
    uidOf(key) {
      const present = uids.get(key);
      if (present !== undefined) return present;
      const taken = new Set(uids.values());
      for (let uid = range.firstUid; uid < range.firstUid + range.count; uid += 1) {
        if (taken.has(uid)) continue;
        uids.set(key, uid);
        store();
        return uid;
      }
      return null;
    },
    release(key) {
      const released = [...uids.keys()].filter(
        (present) => present === key || (key.endsWith("/") && present.startsWith(key)),
      );
      for (const present of released) uids.delete(present);
      if (released.length > 0) store();
    },
  };
}

function readAccounts(path: string): Map<string, number> {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(path, "utf8")) as object));
  } catch {
    return new Map();
  }
}
