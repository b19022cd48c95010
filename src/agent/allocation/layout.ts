import { join } from "node:path";
import { logFileBytes } from "../../model/group.ts";
import type { StartOrder } from "../../model/order.ts";
import { taskFolder } from "../directories.ts";
import { INSIDE } from "../drivers/docker/containerSpec.ts";
import type { HostMount, MemberDirectories } from "../drivers/driver.ts";
import type { RotatedOutput } from "../output/rotate.ts";

/** Not a member's: names of members do not begin with a dot. */
const SPOOL = ".output";

/** The folder of an allocation: `alloc` is shared, each member has one of its name. */
export function allocationDirectory(rootDirectory: string, order: StartOrder): string {
  return join(rootDirectory, taskFolder(order.jobId, order.taskId));
}

export function spoolDirectory(directory: string): string {
  return join(directory, SPOOL);
}

/** As they are on the node. */
export function memberDirectories(directory: string, member: string): MemberDirectories {
  const own = join(directory, member);
  return {
    alloc: join(directory, "alloc"),
    member: own,
    local: join(own, "local"),
    secrets: join(own, "secrets"),
    tmp: join(own, "tmp"),
  };
}

/** As the member sees them: a container has them elsewhere. */
export function seenDirectories(
  directories: MemberDirectories,
  driver: string,
): Pick<MemberDirectories, "alloc" | "local" | "secrets"> {
  return driver === "docker" ? INSIDE : directories;
}

/** All paths by which a job may name the member's directories: in a root of its own it has them as a container has, too. */
export function namedDirectories(
  directories: MemberDirectories,
  driver: string,
): readonly Pick<MemberDirectories, "alloc" | "local" | "secrets">[] {
  const seen = seenDirectories(directories, driver);
  return driver === "exec" ? [seen, INSIDE] : [seen];
}

/** What a container is given to see them there. */
export function containerMounts({ alloc, local, secrets }: MemberDirectories): HostMount[] {
  return [
    { source: alloc, destination: INSIDE.alloc, readOnly: false },
    { source: local, destination: INSIDE.local, readOnly: false },
    { source: secrets, destination: INSIDE.secrets, readOnly: false },
  ];
}

/** What people read, and what processes append to. */
export function memberOutput(
  directory: string,
  member: string,
  stream: "stdout" | "stderr",
  logs: { readonly maxFiles: number; readonly maxFileSizeMb: number },
): RotatedOutput {
  return {
    spoolPath: join(spoolDirectory(directory), `${member}.${stream}`),
    directory: join(directory, "alloc", "logs"),
    name: `${member}.${stream}`,
    maxFiles: Math.max(logs.maxFiles, 1),
    maxFileBytes: logFileBytes(logs),
  };
}

/**
 * A path that a job names for its member, as names below the allocation's folder; null: it leaves it. Relative ones
 * begin at the member's directory; absolute ones are those that the member sees, or begin there too (Nomad).
 */
export function namesBelow(
  path: string,
  member: string,
  named: readonly Pick<MemberDirectories, "alloc" | "local" | "secrets">[],
): readonly string[] | null {
  const roots = named.flatMap(({ alloc, local, secrets }): [string, string[]][] => [
    [alloc, ["alloc"]],
    [local, [member, "local"]],
    [secrets, [member, "secrets"]],
  ]);
  const root = roots.find(([start]) => path === start || path.startsWith(`${start}/`));
  const names = root === undefined ? [member] : [...root[1]];
  const rest = root === undefined ? path : path.slice(root[0].length);
  for (const name of rest.split("/")) {
    if (name === "" || name === ".") continue;
    if (name.includes("\0")) return null;
    if (name !== "..") names.push(name);
    else if (names.pop() === undefined) return null;
  }
  return names[0] === "alloc" || names[0] === member ? names : null;
}
