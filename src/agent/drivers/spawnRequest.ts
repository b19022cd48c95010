import type { ProcessKey } from "../core/contract.ts";
import type { GroupLimits } from "../platform/groups.ts";
import type { SpawnGroups, SpawnRequest } from "../shim/message.ts";
import type { Launch, MemberStart } from "./driver.ts";

export interface SpawnSurroundings {
  readonly bootId: string;
  /** Marks the process as this node's, see newTreeKeeper. */
  readonly rootDirectory: string;
  readonly stdoutPath: string;
  readonly stderrPath: string;
  /** Null: there are no control groups. */
  readonly createGroup: (limits: GroupLimits | undefined) => SpawnGroups | null;
}

/** By which everything that comes of a process is known as this node's, see newTreeKeeper. */
export function markVariables(rootDirectory: string, key: ProcessKey): Record<string, string> {
  return { STINT_NODE_ROOT_DIR: rootDirectory, STINT_PROCESS: String(key) };
}

/** What the shim is asked to start for a member. */
export function spawnRequest(
  { key }: MemberStart,
  launch: Launch,
  surroundings: SpawnSurroundings,
): SpawnRequest {
  const { bootId, rootDirectory, stdoutPath, stderrPath, createGroup } = surroundings;
  const { program, argv, cwd, env, uid, gid, user, limits, root } = launch;
  return {
    do: "spawn",
    execution: key,
    bootId,
    program,
    argv,
    cwd,
    env: { ...env, ...markVariables(rootDirectory, key) },
    uid,
    gid,
    user,
    stdoutPath,
    stderrPath,
    groups: createGroup(limits),
    root,
  };
}
