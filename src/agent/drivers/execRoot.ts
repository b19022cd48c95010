import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import type { OwnDirectory, PrivateRoot } from "../platform/privateRoot.ts";
import { inNewRoot } from "../platform/startPlace.ts";
import { INSIDE } from "./docker/containerSpec.ts";
import type { HostMount, MemberDirectories, MemberStart } from "./driver.ts";

export interface ExecRootOptions {
  /** Of the agent's own, made if need be: it stays empty, and roots are made over it. */
  readonly place: string;
  /** What members see of the node beyond SHOWN, as absolute paths. */
  readonly shown: readonly string[];
  /** Never to be seen: the agent's directories. */
  readonly hidden: readonly string[];
}

/** Nomad's `chroot_env`, and /sys, in which runtimes look for the limits that they have. */
export const SHOWN = [
  "/bin",
  "/etc",
  "/lib",
  "/lib32",
  "/lib64",
  "/run/resolvconf",
  "/run/systemd/resolve",
  "/sbin",
  "/sys",
  "/usr",
] as const;

const TMP = "/tmp";
const TRY_TIMEOUT_MS = 10_000;

/** Gives members of the driver exec a root of their own, where the node can. */
export class ExecRoots {
  readonly #options: ExecRootOptions;
  #tried: Promise<string | null> | null = null;
  /** Undefined: not tried yet. */
  #shortcoming: string | null | undefined;

  constructor(options: ExecRootOptions) {
    this.#options = options;
  }

  /** Finds out once, by doing it. */
  async try(): Promise<void> {
    this.#tried ??= this.#try();
    this.#shortcoming = await this.#tried;
  }

  /** After `try`: why members have the node's root, as the rest of a sentence; null: they have one of their own. */
  get shortcoming(): string | null {
    if (this.#shortcoming === undefined) throw new Error("Expected to have tried to make a root.");
    return this.#shortcoming;
  }

  /** After `try`; null: it is the node's. */
  rootOf({ directories, mounts }: Pick<MemberStart, "directories" | "mounts">): PrivateRoot | null {
    if (this.shortcoming !== null) return null;
    return this.#rootWith([...ownDirectories(directories), ...mounts.map(volumeAt)]);
  }

  /** After `try`: why the member's volumes cannot be mounted; null: they can, or there are none. */
  mountRefusal({ directories, mounts }: MemberStart): string | null {
    if (mounts.length === 0) return null;
    if (this.shortcoming !== null) {
      return `Expected for a volume_mount of the driver exec a node that gives tasks a root directory of their own, and here ${this.shortcoming}; let the job ask for it by the constraint \${attr.driver.exec.root} = private, or use the driver docker.`;
    }
    const { shown, own } = this.#rootWith(ownDirectories(directories));
    const taken = [...shown, "/dev", "/proc", ...own.map(({ destination }) => destination)];
    for (const { destination } of mounts) {
      const path = resolve(destination);
      const other = taken.find((each) => isAt(path, each) || isAt(each, path));
      if (other !== undefined) {
        return `Expected a volume_mount at a destination of its own, given "${destination}", where the task has ${other} already; write one as /data.`;
      }
      taken.push(path);
    }
    return null;
  }

  #rootWith(own: readonly OwnDirectory[]): PrivateRoot {
    const { place, shown, hidden } = this.#options;
    return { place, shown: [...new Set([...SHOWN, ...shown])], hidden, own };
  }

  async #try(): Promise<string | null> {
    const reason = await this.#failure();
    return reason === null ? null : `it sees the node's whole file system, as ${reason}`;
  }

  async #failure(): Promise<string | null> {
    if (process.getuid?.() !== 0) return "the agent does not run as root";
    const { place } = this.#options;
    try {
      mkdirSync(place, { recursive: true, mode: 0o700 });
      const root = this.#rootWith([{ start: "/", names: null, destination: TMP, readOnly: false }]);
      const words = ["/bin/sh", "-c", 'test -e /proc/self/stat && ! test -e "$1"', "sh", place];
      const child = inNewRoot(root).run({ group: null, cwd: "/", user: null }, () =>
        Bun.spawn(words, {
          cwd: "/",
          env: {},
          stdin: "ignore",
          stdout: "ignore",
          stderr: "ignore",
          timeout: TRY_TIMEOUT_MS,
        }),
      );
      const exitCode = await child.exited;
      return exitCode === 0 ? null : `a trial of a root of its own ended with ${exitCode}`;
    } catch (error) {
      return `the agent cannot give it another (${(error as Error).message})`;
    }
  }
}

/** Where they are on the node, so that every path means the same inside and outside, and where Nomad has them. */
function ownDirectories(directories: MemberDirectories): readonly OwnDirectory[] {
  const { alloc, member, local, secrets, tmp } = directories;
  const readOnly = false;
  const isClear = (destination: string) => !alloc.startsWith(`${destination}/`);
  const below = (path: string) => path.slice(member.length).split("/").filter(Boolean);
  const short: OwnDirectory[] = [
    { start: alloc, names: [], destination: INSIDE.alloc, readOnly },
    { start: member, names: below(local), destination: INSIDE.local, readOnly },
    { start: member, names: below(secrets), destination: INSIDE.secrets, readOnly },
  ];
  return [
    // Nothing is to be made in the member's own on the way to a directory below it.
    { start: member, names: isClear(TMP) ? below(tmp) : null, destination: TMP, readOnly },
    ...short.filter(({ destination }) => isClear(destination)),
    { start: alloc, names: [], destination: alloc, readOnly },
    { start: member, names: [], destination: member, readOnly },
  ];
}

/**
 * It is nowhere near what the task has already, see mountRefusal: neither would the volume be in the place of what is run as
 * root there, nor do links lead to it that the task has made.
 */
function volumeAt({ source, destination, readOnly }: HostMount): OwnDirectory {
  return { start: source, names: [], destination: resolve(destination), readOnly };
}

/** Where on the node lies what is at `path` in the root; null: there is nothing. */
export function nodePathOf({ shown, hidden, own }: PrivateRoot, path: string): string | null {
  const found = own
    .filter(({ destination }) => isAt(path, destination))
    .sort((one, other) => other.destination.length - one.destination.length)[0];
  if (found !== undefined) {
    const { start, names, destination } = found;
    if (names === null) return null;
    return [start, ...names].join("/") + path.slice(destination.length);
  }
  if (hidden.some((directory) => isAt(path, directory))) return null;
  return shown.some((directory) => isAt(path, directory)) ? path : null;
}

function isAt(path: string, directory: string): boolean {
  return directory === "/" || path === directory || path.startsWith(`${directory}/`);
}
