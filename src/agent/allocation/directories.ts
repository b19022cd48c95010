import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { GroupOrder } from "../core/contract.ts";
import type { MemberDirectories } from "../drivers/driver.ts";
import { emptyDirectory } from "../files/removeTree.ts";
import type { TaskUser } from "../platform/users.ts";
import { allocationDirectory, spoolDirectory } from "./layout.ts";

/** Makes `alloc/{data,logs,tmp}`; what earlier executions have left there goes, unless it is to be kept. */
export async function makeAllocationDirectories(
  rootDirectory: string,
  order: GroupOrder,
): Promise<void> {
  const directory = allocationDirectory(rootDirectory, order);
  if (existsSync(directory) && !order.keepDirectory) await emptyDirectory(directory);
  mkdirSync(spoolDirectory(directory), { recursive: true, mode: 0o700 });
  chmodSync(spoolDirectory(directory), 0o700);
  mkdirSync(join(directory, "alloc", "logs"), { recursive: true });
  for (const name of ["data", "tmp"]) {
    const path = join(directory, "alloc", name);
    mkdirSync(path, { recursive: true });
    // Members may run as different users.
    chmodSync(path, 0o777);
  }
}

/**
 * Makes the member's own directories; again: nothing new. `user` is whose they are; null: a container's, which has users
 * of its own, so that anybody may write there but only the agent gets there from outside.
 */
export function makeMemberDirectories(
  { member, local, secrets, tmp }: MemberDirectories,
  user: TaskUser | null,
): void {
  mkdirSync(member, { recursive: true });
  if (!lstatSync(member).isDirectory()) throw new Error(`${member} is not a directory`);
  chmodSync(member, user === null ? 0o700 : 0o755);
  for (const path of [local, secrets, tmp]) {
    const isNew = !existsSync(path);
    mkdirSync(path, { recursive: true });
    // Afterwards the member may have put something else in its place.
    if (!isNew) continue;
    chmodSync(path, user === null ? 0o777 : path === secrets ? 0o700 : 0o755);
    if (user !== null && user.uid !== null) chownSync(path, user.uid, user.gid ?? user.uid);
  }
  if (user !== null && user.uid !== null) chownSync(member, user.uid, user.gid ?? user.uid);
}
