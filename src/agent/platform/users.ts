import { readFileSync } from "node:fs";
import type { FailureInfo } from "../../model/failure.ts";
import type { StartOrder } from "../../model/order.ts";
import type { AllowedUsers } from "../options.ts";
import type { Accounts } from "./accounts.ts";

/** As whom a process runs. */
export interface TaskUser {
  /** Null: the agent's own user. */
  readonly uid: number | null;
  readonly gid: number | null;
  /** For USER and LOGNAME; null when it has no name. */
  readonly name: string | null;
  /** Whether the user's supplementary groups are to be loaded. */
  readonly loadGroups: boolean;
}

export const OWN_USER: TaskUser = { uid: null, gid: null, name: null, loadGroups: false };
const ROOT_USER: TaskUser = { uid: 0, gid: 0, name: "root", loadGroups: false };

export interface UserRules {
  readonly allowed: AllowedUsers;
  readonly accounts: Accounts;
  /** The agent's own user id. */
  readonly ownUid: number;
  readonly passwd: () => string;
  /** All groups of a user of the node. Throws if they are not to be had. */
  readonly groupsOf: (name: string) => Promise<readonly number[]>;
}

export function readPasswd(): string {
  return readFileSync("/etc/passwd", "utf8");
}

/** The user of the order, or why it is not to be had: only what the agent's configuration lists is given. */
export function userOf(order: StartOrder, rules: UserRules): TaskUser | FailureInfo {
  const identity = order.members[0]?.command.userIdentity;
  if (identity?.kind === "named") return namedUser(identity.userName, rules);
  if (identity?.elevationLevel === "admin") return adminUser(rules);
  if (rules.allowed.accounts === null || rules.ownUid !== 0) return OWN_USER;
  const key =
    identity?.scope === "task" ? `task ${order.jobId}/${order.taskId}` : `pool ${order.poolId}`;
  return automaticUser(key, rules);
}

function automaticUser(key: string, { accounts, allowed }: UserRules): TaskUser | FailureInfo {
  const uid = accounts.uidOf(key);
  if (uid !== null) return { uid, gid: uid, name: null, loadGroups: false };
  const count = allowed.accounts?.count ?? 0;
  return refused(
    `All ${count} automatic accounts of this node are in use; raise allowedUsers.accounts.count.`,
  );
}

/**
 * The user of a member, or why it is not to be had. Without a wish it is the automatic account of that key where the
 * node gives out any, else the agent's own user.
 */
export function memberUser(
  name: string | null,
  account: string | null,
  rules: UserRules,
): TaskUser | FailureInfo {
  if (name !== null) return namedUser(name, rules);
  if (account === null || rules.allowed.accounts === null || rules.ownUid !== 0) return OWN_USER;
  return automaticUser(account, rules);
}

/** The automatic account of a task's own, released with the task's directory; an empty task id stands for the job's all. */
export function taskAccount(jobId: string, taskId: string): string {
  return `task ${jobId}/${taskId}`;
}

function adminUser({ allowed, ownUid }: UserRules): TaskUser | FailureInfo {
  if (!allowed.admin) {
    return refused(
      "Expected a user that this node allows, given elevationLevel admin; set allowedUsers.admin to allow it.",
    );
  }
  if (ownUid !== 0) {
    return refused("elevationLevel admin is allowed, but this node's agent does not run as root.");
  }
  return ROOT_USER;
}

/** Root is also who is allowed by `admin`. */
function namedUser(name: string, rules: UserRules): TaskUser | FailureInfo {
  if (name === "root" && rules.allowed.admin) return adminUser(rules);
  if (!rules.allowed.named.includes(name)) {
    return refused(
      `Expected a user that this node allows, given ${JSON.stringify(name)}; list it in allowedUsers.named.`,
    );
  }
  const entry = passwdEntry(rules.passwd(), name);
  if (entry === null) return refused(`There is no user ${JSON.stringify(name)} on this node.`);
  if (entry.uid === rules.ownUid) return { ...OWN_USER, name };
  if (rules.ownUid !== 0) {
    return refused(
      `User ${JSON.stringify(name)} is allowed, but this node's agent does not run as root and cannot become it.`,
    );
  }
  return { ...entry, name, loadGroups: true };
}

function passwdEntry(passwd: string, name: string): { uid: number; gid: number } | null {
  for (const line of passwd.split("\n")) {
    const [user, , uid, gid] = line.split(":");
    if (user === name && uid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  return null;
}

function refused(message: string): FailureInfo {
  return { category: "usererror", code: "UserAccountNotAllowed", message };
}
