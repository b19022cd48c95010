import { accessSync, constants, readFileSync } from "node:fs";
import { join } from "node:path";

/** The control group hierarchies of this machine in which the agent may make groups. */
export type GroupLayout =
  /** One hierarchy for everything. */
  | { readonly kind: "v2"; readonly own: string }
  /** One hierarchy for each controller; `unified` beside them has no controllers, but kills whole trees (hybrid). */
  | {
      readonly kind: "v1";
      readonly memory: string | null;
      readonly cpu: string | null;
      readonly pids: string | null;
      readonly unified: string | null;
    }
  | { readonly kind: "none"; readonly reason: string };

/** A mounted hierarchy. */
interface Mount {
  readonly path: string;
  readonly type: "cgroup" | "cgroup2";
  readonly controllers: readonly string[];
}

/** Looks at what is mounted and at where this process is in it. */
export function detectGroupLayout(): GroupLayout {
  try {
    return layoutOf(
      readFileSync("/proc/self/mountinfo", "utf8"),
      readFileSync("/proc/self/cgroup", "utf8"),
      isWritable,
    );
  } catch (error) {
    return { kind: "none", reason: String(error) };
  }
}

/** As detectGroupLayout, from the texts of /proc/self/mountinfo and /proc/self/cgroup. */
export function layoutOf(
  mountInfo: string,
  membership: string,
  isUsable: (directory: string) => boolean,
): GroupLayout {
  const mounts = parseMounts(mountInfo);
  const place = (mount: Mount | undefined): string | null => {
    if (mount === undefined) return null;
    const own = join(mount.path, ownPath(membership, mount));
    // In a container without a namespace of its own the path is the host's and not to be seen here.
    return [own, mount.path].find(isUsable) ?? null;
  };
  const v1 = (controller: string) =>
    place(mounts.find(({ controllers }) => controllers.includes(controller)));
  const unified = place(mounts.find(({ type }) => type === "cgroup2"));
  const [memory, cpu, pids] = [v1("memory"), v1("cpu"), v1("pids")];
  if (memory !== null || cpu !== null || pids !== null) {
    return { kind: "v1", memory, cpu, pids, unified };
  }
  if (unified !== null) return { kind: "v2", own: unified };
  const reason =
    mounts.length === 0 ? "no control groups are mounted" : "control groups cannot be written";
  return { kind: "none", reason };
}

/** Where a group is in its hierarchy, as `nomad.slice`: the path below the mount. `mountInfo` is /proc/self/mountinfo. */
export function pathInHierarchy(directory: string, mountInfo: string): string {
  const mounts = parseMounts(mountInfo).filter(({ path }) => directory.startsWith(`${path}/`));
  // The hybrid layout mounts hierarchies below one another's directory.
  const longest = Math.max(0, ...mounts.map(({ path }) => path.length + 1));
  return directory.slice(longest);
}

function parseMounts(mountInfo: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of mountInfo.split("\n")) {
    const [left = "", right = ""] = line.split(" - ");
    const [type = "", , options = ""] = right.split(" ");
    const path = left.split(" ")[4];
    if (path === undefined || (type !== "cgroup" && type !== "cgroup2")) continue;
    mounts.push({ path, type, controllers: type === "cgroup" ? options.split(",") : [] });
  }
  return mounts;
}

function ownPath(membership: string, mount: Mount): string {
  for (const line of membership.split("\n")) {
    const [, names = "", path = ""] = line.split(":");
    if (mount.type === "cgroup2" ? names === "" : names.split(",").some(isOf(mount))) {
      return path === "/" ? "" : path;
    }
  }
  return "";
}

function isOf(mount: Mount): (name: string) => boolean {
  return (name) => name !== "" && mount.controllers.includes(name);
}

function isWritable(directory: string): boolean {
  try {
    accessSync(join(directory, "cgroup.procs"), constants.W_OK);
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
