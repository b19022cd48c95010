import { existsSync } from "node:fs";
import type { TaskUser } from "./users.ts";

const SETPRIV = "/usr/bin/setpriv";

/** How a program is started as another user. */
export interface UserCommand {
  readonly program: string;
  readonly argv: readonly string[];
  readonly uid: number | null;
  readonly gid: number | null;
}

/** The kernel takes all supplementary groups away from a process that changes its user; setpriv loads the user's own. */
export function asUser(
  { uid, gid, loadGroups }: TaskUser,
  program: string,
  argv: readonly string[],
): UserCommand {
  if (!loadGroups || !existsSync(SETPRIV)) return { program, argv, uid, gid };
  const options = [`--reuid=${uid}`, `--regid=${gid}`, "--init-groups", "--"];
  const words = ["setpriv", ...options, program, ...argv.slice(1)];
  return { program: SETPRIV, argv: words, uid: null, gid: null };
}
