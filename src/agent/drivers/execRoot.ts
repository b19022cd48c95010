import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { ProcessIdentity, ProcessKey } from "../core/contract.ts";
import { withEntryBelow } from "../platform/entryBelow.ts";
import { preloadedFiles } from "../platform/linkerPaths.ts";
import {
  isBelow,
  type OwnDirectory,
  type PrivateRoot,
  seesNodePath,
} from "../platform/privateRoot.ts";
import { kernelBootId } from "../platform/processIdentity.ts";
import { identityOf } from "../platform/processSession.ts";
import type { StartPlace } from "../platform/startPlace.ts";
import { type ProgramState, stateOf } from "../program.ts";
import { elsewhere } from "../starter/startElsewhere.ts";
import { INSIDE } from "./docker/containerSpec.ts";
import type { HostMount, MemberDirectories, MemberStart } from "./driver.ts";

export interface ExecRootOptions {
  /** Of the agent's own, made if need be: it stays empty, and roots are made over it. */
  readonly place: string;
  /** Of the agent's own: which processes have a root of their own, so that its next life knows. */
  readonly records: string;
  /** Whether members have one: where it can be had, always (else they do not start), or never. */
  readonly wish: "auto" | "required" | "off";
  /** What members see of the node beyond SHOWN, as absolute paths. */
  readonly shown: readonly string[];
  /** Never to be seen: the agent's directories and files. */
  readonly hidden: readonly string[];
  /** How this program is started: it is what takes processes there. */
  readonly selfCommand: readonly string[];
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

/** The root's own, where no volume can be. */
const MADE = ["/dev", "/proc"];
const TMP = "/tmp";
const TRY_TIMEOUT_MS = 10_000;

/** Gives members of the driver exec a root of their own, where the node can. */
export class ExecRoots {
  readonly #options: ExecRootOptions;
  #trying: Promise<string | null> | null = null;
  /** Undefined: not tried yet. */
  #shortcoming: string | null | undefined;

  constructor(options: ExecRootOptions) {
    this.#options = options;
  }

  /** Finds out by doing it; again, where it failed, since what kept it from it may have passed. */
  async try(): Promise<void> {
    if (this.#shortcoming === null) return;
    this.#trying ??= this.#try();
    try {
      this.#shortcoming = await this.#trying;
    } finally {
      this.#trying = null;
    }
  }

  /** After `try`: why members have the node's root, as the rest of a sentence; null: they have one of their own. */
  get shortcoming(): string | null {
    if (this.#shortcoming === undefined) throw new Error("Expected to have tried to make a root.");
    return this.#shortcoming;
  }

  /** After `try`: why no member is started at all, as a sentence; null: they are. */
  get refusal(): string | null {
    if (this.#options.wish !== "required" || this.shortcoming === null) return null;
    return `Expected to give the task a root directory of its own, as the agent's configuration requires (execRoot), and ${this.shortcoming}.`;
  }

  /** After `try`; null: it is the node's. */
  rootOf({ directories, mounts }: Pick<MemberStart, "directories" | "mounts">): PrivateRoot | null {
    if (this.shortcoming !== null) return null;
    return this.#rootWith([...ownDirectories(directories), ...mounts.map(volumeAt)]);
  }

  /** The root of a process that has one of its own. `bootId` is the present one. */
  beside(process: ProcessIdentity, bootId: string): StartPlace {
    return elsewhere({ kind: "beside", process, bootId }, this.#options.selfCommand);
  }

  /** Whether the process has a root of its own. It may have it from an earlier life, or from before the node could give it one. */
  has(key: ProcessKey): boolean {
    return existsSync(this.#recordOf(key));
  }

  /** Before the process is started. */
  remember(key: ProcessKey, isPrivate: boolean): void {
    if (isPrivate) writeFileSync(this.#recordOf(key), "");
    else this.forget(key);
  }

  forget(key: ProcessKey): void {
    rmSync(this.#recordOf(key), { force: true });
  }

  /** Forgets all others. */
  retain(keys: ReadonlySet<ProcessKey>): void {
    const { records } = this.#options;
    for (const name of existsSync(records) ? readdirSync(records) : []) {
      const key = Number(name);
      if (!keys.has(key)) this.forget(key);
    }
  }

  #recordOf(key: ProcessKey): string {
    return join(this.#options.records, String(key));
  }

  /** After `try`: why the member's volumes cannot be mounted; null: they can, or there are none. */
  mountRefusal({ directories, mounts }: MemberStart): string | null {
    if (mounts.length === 0) return null;
    if (this.shortcoming !== null) {
      return `Expected for a volume_mount of the driver exec a node that gives tasks a root directory of their own, and here ${this.shortcoming}; let the job ask for it by the constraint \${attr.driver.exec.root} = private, or use the driver docker.`;
    }
    const { shown, own } = this.#rootWith(ownDirectories(directories));
    const taken = [...shown, ...MADE, ...own.map(({ destination }) => destination)];
    for (const { destination } of mounts) {
      const path = resolve(destination);
      const other = taken.find((each) => isBelow(path, [each]) || isBelow(each, [path]));
      if (other !== undefined) {
        return `Expected a volume_mount at a destination of its own, given "${destination}", where the task has ${other} already; write one as /data.`;
      }
      taken.push(path);
    }
    return null;
  }

  #rootWith(own: readonly OwnDirectory[]): PrivateRoot {
    const { place, shown, hidden } = this.#options;
    // Without those each program would complain.
    const all = new Set([...SHOWN, ...shown, ...preloadedFiles()]);
    return { place, shown: [...all], hidden, own };
  }

  async #try(): Promise<string | null> {
    const reason = await this.#failure();
    return reason === null ? null : `it sees the node's whole file system, as ${reason}`;
  }

  async #failure(): Promise<string | null> {
    if (this.#options.wish === "off") return "the agent's configuration has execRoot off";
    if (process.getuid?.() !== 0) return "the agent does not run as root";
    const { place, records } = this.#options;
    try {
      for (const path of [place, records]) mkdirSync(path, { recursive: true, mode: 0o700 });
      const root = this.#rootWith([{ start: "/", names: null, destination: TMP, readOnly: false }]);
      const look =
        'test -e /proc/self/stat && ! test -e "$1" && echo > /tmp/made && echo && read _';
      const { selfCommand } = this.#options;
      const there = elsewhere({ kind: "newRoot", root }, selfCommand);
      const first = trial(there, ["/bin/sh", "-c", look, "sh", place]);
      const said = first.child.stdout.getReader();
      try {
        const why = await first.begun;
        if (why) return `a trial of a root of its own failed: ${why.reason}`;
        if ((await said.read()).done) {
          return `a trial of a root of its own ended with ${await first.child.exited}`;
        }
        const bootId = kernelBootId();
        const process = identityOf(first.child.pid, bootId);
        if (process === null) return "a trial of a root of its own was over at once";
        // Checks and people's commands have to get there, too.
        const second = trial(this.beside(process, bootId), ["/bin/sh", "-c", "test -e /tmp/made"]);
        const whyNot = await second.begun;
        if (whyNot) return `a trial of entering such a root failed: ${whyNot.reason}`;
        const exitCode = await second.child.exited;
        return exitCode === 0 ? null : `a trial of entering such a root ended with ${exitCode}`;
      } finally {
        first.child.kill("SIGKILL");
        await said.cancel();
      }
    } catch (error) {
      return `the agent cannot give it another (${(error as Error).message})`;
    }
  }
}

/** Any user's without rights: members are entered that have users of their own. */
const OTHER = 65_534;

function trial(place: StartPlace, argv: readonly [program: string, ...words: string[]]) {
  const user = { uid: OTHER, gid: OTHER, groups: [] };
  const program = { program: argv[0], argv, env: {}, cwd: "/" };
  return place.start(
    { ...program, uid: OTHER, gid: OTHER, user, groups: null },
    false,
    ({ words, options, further }) =>
      Bun.spawn(words, {
        ...options,
        stdio: ["pipe", "pipe", "ignore", ...further],
        timeout: TRY_TIMEOUT_MS,
      }),
  );
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

/** It is nowhere near what the task has already, see mountRefusal, so that no links lead to it that the task has made. */
function volumeAt({ source, destination, readOnly }: HostMount): OwnDirectory {
  return { start: source, names: [], destination: resolve(destination), readOnly };
}

/**
 * What a process will find at the path in its root. Links that it may have made are followed within their directory; what
 * else they lead to is left to the start to find out, as it is not the node's paths that count there.
 */
export function lookIn(root: PrivateRoot, path: string): ProgramState {
  const found = root.own
    .filter((each) => isBelow(path, [each.destination]))
    .sort((one, other) => other.destination.length - one.destination.length)[0];
  if (found === undefined) return seesNodePath(root, path) ? stateOf(path) : "missing";
  const { start, names, destination } = found;
  if (names === null) return "missing";
  const below = [...names, path.slice(destination.length)].join("/");
  return foundBelow(start, below, false);
}

/** What a process that runs will find at the path. */
export function lookBeside(pid: number, path: string): ProgramState {
  return foundBelow(`/proc/${pid}/root`, path, true);
}

function foundBelow(directory: string, path: string, isRoot: boolean): ProgramState {
  try {
    const found = withEntryBelow(directory, path, isRoot, stateOf);
    return found === "outside" ? "program" : (found ?? "missing");
  } catch {
    // The start says why it cannot be.
    return "program";
  }
}
