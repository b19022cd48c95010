import { existsSync } from "node:fs";
import type { ProcessUser } from "./becomeProgram.ts";
import type { TaskUser } from "./users.ts";

const SETPRIV = "/usr/bin/setpriv";
const ENV = "/usr/bin/env";
const GROUPS_TIMEOUT_MS = 10_000;

type Environment = Readonly<Record<string, string>>;

/** How a program is started as another user. */
export interface UserCommand {
  readonly program: string;
  readonly argv: readonly string[];
  readonly uid: number | null;
  readonly gid: number | null;
  /** Who it is where no other program makes it that; null: as the agent. */
  readonly user: ProcessUser | null;
  readonly env: Environment;
}

/** The supplementary groups of the node's user, however the node knows them. Throws if it does not tell them. */
export async function groupsOfUser(name: string): Promise<readonly number[]> {
  const child = Bun.spawn(["id", "-G", "--", name], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "ignore",
    timeout: GROUPS_TIMEOUT_MS,
    killSignal: "SIGKILL",
  });
  const said = await new Response(child.stdout).text();
  const groups = said.split(/\s+/).filter(Boolean).map(Number);
  if ((await child.exited) === 0 && groups.length > 0 && groups.every(Number.isInteger)) {
    return groups;
  }
  throw new Error(`the groups of the user ${name} could not be found out (id -G ${name})`);
}

/**
 * The kernel takes all supplementary groups away from a process that changes its user; setpriv gives it those that the node
 * says when it starts. It begins as root, so it must not see what would have it load code or data of the task's choice: those
 * variables are put back by env(1), which runs as the user already. They are told to it in its arguments, and hold paths
 * and options alone. With `groups`, in a root of its own, all of that is the starter's.
 */
export function asUser(
  { uid, gid, loadGroups }: TaskUser,
  program: string,
  argv: readonly string[],
  environment: Environment,
  groups: readonly number[] | null = null,
): UserCommand {
  const user = uid === null ? null : { uid, gid: gid ?? uid, groups: groups ?? [] };
  if (!loadGroups || groups !== null || !existsSync(SETPRIV)) {
    return { program, argv, uid, gid, user, env: environment };
  }
  const entries = Object.entries(environment);
  const unsafe = entries.filter(([name]) => isReadByPrograms(name));
  const safe = entries.filter(([name]) => !isReadByPrograms(name));
  const restored = unsafe.length === 0 ? [] : restoring(unsafe, program);
  const options = [`--reuid=${uid}`, `--regid=${gid}`, "--init-groups", "--"];
  const words = ["setpriv", ...options, ...restored, program, ...argv.slice(1)];
  const env = Object.fromEntries(safe);
  return { program: SETPRIV, argv: words, uid: null, gid: null, user: null, env };
}

function restoring(variables: readonly [string, string][], program: string): readonly string[] {
  const assignments = variables.map(([name, value]) => `${name}=${value}`);
  // What has a `=` in it would be one more variable to env.
  const launcher = program.includes("=") ? ["/bin/sh", "-c", 'exec "$@"', "sh"] : [];
  return [ENV, "--", ...assignments, ...launcher];
}

/** Variables by which the dynamic linker and the C library load files or change their course, also of programs yet to come. */
const PREFIXES = ["LD_", "GLIBC_", "MALLOC_", "MUSL_", "GCONV_", "LC_", "RES_", "RESOLV_", "LIBC_"];
const NAMES: ReadonlySet<string> = new Set([
  ...["LANG", "LANGUAGE", "LOCPATH", "NLSPATH", "OUTPUT_CHARSET", "TEXTDOMAIN", "TEXTDOMAINDIR"],
  ...["GETCONF_DIR", "HOSTALIASES", "LOCALDOMAIN", "NIS_PATH", "TMPDIR", "TZ", "TZDIR"],
]);

function isReadByPrograms(name: string): boolean {
  return NAMES.has(name) || PREFIXES.some((prefix) => name.startsWith(prefix));
}
