import type { DriverName } from "../../model/group.ts";
import type { ProcessIdentity, ProcessKey } from "../core/contract.ts";
import { enterFailureOf, TASK_ENDED } from "../exec/enteredCommand.ts";
import { enterProcess } from "../exec/enterProcess.ts";
import { asUser } from "../platform/asUser.ts";
import { type GroupLimits, type Groups, isEmptied } from "../platform/groups.ts";
import type { PrivateRoot } from "../platform/privateRoot.ts";
import { isAlive } from "../platform/processIdentity.ts";
import { ON_NODE, type StartPlace } from "../platform/startPlace.ts";
import type { TreeKeeper } from "../platform/tree.ts";
import { memberUser, type UserRules } from "../platform/users.ts";
import { findProgram, type ProgramState, stateOf } from "../program.ts";
import {
  type Driver,
  type DriverFingerprint,
  isStartFailure,
  type Launch,
  type MemberStart,
  recoverable,
  type StartFailure,
  unrecoverable,
} from "./driver.ts";
import { type ExecRoots, lookBeside, lookIn } from "./execRoot.ts";
import { executeProcess } from "./executeProcess.ts";
import { markVariables } from "./spawnRequest.ts";
import { UserGroups } from "./userGroups.ts";

export interface ProcessParts {
  /** Of the node. */
  readonly rootDirectory: string;
  readonly groups: Groups;
  readonly trees: TreeKeeper;
  readonly users: UserRules;
  readonly bootId: string;
}

/** What a driver of plain processes makes of a member. */
export interface ProcessCommand {
  /** The first is a program: a path below `cwd`, or a name for the member's PATH. */
  readonly words: readonly string[];
  /** Relative to the member's directory; null: that itself. */
  readonly workDir: string | null;
}

/** What tells the drivers of plain processes apart. */
export interface ProcessKind {
  readonly name: DriverName;
  readonly fingerprint: () => Promise<DriverFingerprint>;
  readonly commandOf: (start: MemberStart) => ProcessCommand | StartFailure;
  /** Null: nothing is bounded. */
  readonly limitsOf: (start: MemberStart) => GroupLimits | undefined;
  /** Whether a member of no user gets an automatic account where the node has any. */
  readonly hasAccounts: boolean;
  /** What gives members a root of their own where that can be had; null: they have the node's. */
  readonly roots: ExecRoots | null;
  /** What its users have to know of its isolation; `isOwnUser`: it runs as the agent's own user. */
  readonly notes: (groups: Groups, isOwnUser: boolean) => readonly string[];
}

/** Of jobs from before they were refused where they are written. */
const NO_MOUNTS = unrecoverable(
  "Expected a task of the driver docker or exec for a volume_mount, given one whose process sees the node as it is; use one of these, or name the directory of the node in the task.",
);

/** Members that are processes of this machine, children of the shim. */
export function newProcessDriver(kind: ProcessKind, parts: ProcessParts): Driver {
  const { groups, trees, bootId } = parts;
  const clear = async ({ key }: MemberStart, process: ProcessIdentity | null) => {
    await trees.clear({ execution: key, process });
  };
  const userGroups = new UserGroups(parts.users.groupsOf, (start) => userOf(start, kind, parts));
  return {
    name: kind.name,
    fingerprint: kind.fingerprint,
    async seesNode() {
      await kind.roots?.try();
      return kind.roots === null || kind.roots.shortcoming !== null;
    },
    prepare: (start) => prepareProcess(start, kind, userGroups),
    command: (start) => commandOfProcess(start, kind, parts, userGroups),
    beginsAtOnce: true,
    begun: () => Promise.resolve(true),
    async terminate({ key }, process, name) {
      trees.signal({ execution: key, process }, name ?? "SIGINT");
    },
    async signal(_, process, name) {
      if (process === null || !isAlive(process, bootId)) return;
      try {
        globalThis.process.kill(process.pid, name);
      } catch {
        // It has ended meanwhile.
      }
    },
    async kill({ key }, process) {
      trees.signal({ execution: key, process }, "SIGKILL");
    },
    async cleanup(start, process, exit) {
      const isOutOfMemory = groups.isOutOfMemory(start.key);
      await clear(start, process);
      kind.roots?.forget(start.key);
      return { end: "exited", exit, isOutOfMemory, message: isOutOfMemory ? "OOM Killed" : null };
    },
    // The shim has them, and the agent's own recovery asks it.
    async adopt(keys) {
      kind.roots?.retain(keys());
    },
    async execute(start, process, words, timeoutMs) {
      const beside = besideOf(start.key, process, kind, bootId);
      if (beside === null) return { state: "failed", message: TASK_ENDED.message };
      const found = beside.place === ON_NODE ? null : await userGroups.find(start);
      if (isStartFailure(found)) return { state: "failed", message: found.message };
      const launch = launchOf(start, kind, parts, { ...beside, groups: found }, words);
      if (isStartFailure(launch)) return { state: "failed", message: launch.message };
      return executeProcess(launch, groupsOf(start, launch, parts), beside.place, timeoutMs);
    },
    async enter(start, process, wish) {
      const beside = besideOf(start.key, process, kind, bootId);
      if (beside === null || isEmptied(groups, start.key)) return TASK_ENDED;
      const found = beside.place === ON_NODE ? null : await userGroups.find(start);
      if (isStartFailure(found)) return enterFailureOf(found);
      const launch = launchOf(start, kind, parts, { ...beside, groups: found }, wish.command);
      if (isStartFailure(launch)) return enterFailureOf(launch);
      const env = { ...launch.env, ...markVariables(parts.rootDirectory, start.key) };
      return enterProcess({ ...launch, env }, groupsOf(start, launch, parts), beside.place, wish);
    },
  };
}

async function prepareProcess(
  start: MemberStart,
  kind: ProcessKind,
  userGroups: UserGroups,
): Promise<StartFailure | null> {
  if (kind.roots === null && start.mounts.length > 0) return NO_MOUNTS;
  await kind.roots?.try();
  const lack = kind.roots?.refusal ?? null;
  if (lack !== null) return recoverable(lack);
  const refusal = kind.roots?.mountRefusal(start) ?? null;
  if (refusal !== null) return unrecoverable(refusal);
  const command = kind.commandOf(start);
  if (isStartFailure(command)) return command;
  return kind.roots?.rootOf(start) ? userGroups.prepare(start) : null;
}

function commandOfProcess(
  start: MemberStart,
  kind: ProcessKind,
  parts: ProcessParts,
  userGroups: UserGroups,
): Launch | StartFailure {
  const lack = kind.roots?.refusal ?? null;
  if (lack !== null) return recoverable(lack);
  const root = kind.roots?.rootOf(start) ?? null;
  const lookUp = root === null ? stateOf : (path: string) => lookIn(root, path);
  const found = root === null ? null : userGroups.found(start);
  if (isStartFailure(found)) return found;
  const launch = launchOf(start, kind, parts, { lookUp, groups: found });
  if (isStartFailure(launch)) return root === null ? launch : toldOfRoot(launch, root);
  kind.roots?.remember(start.key, root !== null);
  return { ...launch, root };
}

/** Those that the member is in; null: none, or it has ended. */
function groupsOf({ key }: MemberStart, { limits }: Launch, { groups }: ProcessParts) {
  return groups.members(key) === null ? null : groups.create(key, limits);
}

/** How a process sees what the node has. */
interface View {
  /** At an absolute path. */
  readonly lookUp: (path: string) => ProgramState;
  /** The supplementary groups of its user; null: it finds them out itself, as it sees what the node sees. */
  readonly groups: readonly number[] | null;
}

/** Where commands run beside a member, and what they find there. */
interface Beside {
  readonly place: StartPlace;
  readonly lookUp: (path: string) => ProgramState;
}

/** Null: it has ended. */
function besideOf(
  key: ProcessKey,
  process: ProcessIdentity | null,
  { roots }: ProcessKind,
  bootId: string,
): Beside | null {
  // To see another's root takes rights that an agent may lack which cannot make one.
  if (roots?.has(key) !== true) return { place: ON_NODE, lookUp: stateOf };
  if (process === null || !isAlive(process, bootId)) return null;
  return {
    place: roots.beside(process, bootId),
    lookUp: (path) => lookBeside(process.pid, path),
  };
}

function toldOfRoot(failure: StartFailure, { shown }: PrivateRoot): StartFailure {
  if (failure.isMissing !== true) return failure;
  const message = `${failure.message} Of the node the task sees ${shown.join(", ")}; the agent's --exec-root adds to that.`;
  return { ...failure, message };
}

function userOf(
  { user, account }: MemberStart,
  { hasAccounts }: ProcessKind,
  { users }: ProcessParts,
) {
  return memberUser(user, hasAccounts ? account : null, users);
}

function launchOf(
  start: MemberStart,
  kind: ProcessKind,
  parts: ProcessParts,
  view: View,
  words?: readonly string[],
): Launch | StartFailure {
  const command = kind.commandOf(start);
  if (isStartFailure(command)) return command;
  const user = userOf(start, kind, parts);
  if ("code" in user) return unrecoverable(user.message);
  const cwd = workDirOf(start, command);
  const [word = "", ...rest] = words ?? command.words;
  const found = findProgram(word, start.env["PATH"] ?? "", cwd, view.lookUp);
  if ("code" in found) {
    const failure = unrecoverable(found.message);
    return found.code === "CommandProgramNotFound" ? { ...failure, isMissing: true } : failure;
  }
  const named =
    user.name === null ? start.env : { USER: user.name, LOGNAME: user.name, ...start.env };
  return {
    ...asUser(user, found.path, [word, ...rest], named, view.groups),
    cwd,
    limits: kind.limitsOf(start),
    root: null,
    notes: kind.notes(parts.groups, user.uid === null || user.uid === parts.users.ownUid),
  };
}

function workDirOf({ directories }: MemberStart, { workDir }: ProcessCommand): string {
  if (workDir === null) return directories.member;
  return workDir.startsWith("/") ? workDir : `${directories.member}/${workDir}`;
}
