import { ROLES, type RoleLevel } from "./person.ts";

/**
 * Who may do what (OPMATE 4), as one table: the API, the command line's messages and the test that walks every case
 * read it.
 */

/** What a person is to the object in question. `self`: it is their own account. */
export type Relation = "self" | "owner" | "runner" | "approver";

/** Relations by which a level may do it; "any": whatever the person is to the object. */
type Grant = "any" | readonly Relation[];

const ANY = "any";
const NEVER: Grant = [];
const OWNER: Grant = ["owner"];
const SELF: Grant = ["self"];
const OWNER_OR_RUNNER: Grant = ["owner", "runner"];

interface Rule {
  /** For people: `Expected ... to TEXT`. */
  readonly text: string;
  /** By level: administrator, manager, operator, guest. */
  readonly grants: readonly [Grant, Grant, Grant, Grant];
}

/**
 * Rows in the order of the reference. Where it is silent: a guest who owns a node keeps the right to edit it, an
 * administrator may do what an owner may except run a definition and ask for its approval, and managers edit each other's
 * node groups, which belong to the fleet.
 */
export const PERMISSIONS = {
  administerUser: {
    text: "enable, disable or delete accounts, or set their role",
    grants: [ANY, NEVER, NEVER, NEVER],
  },
  editProfile: { text: "edit this account", grants: [ANY, SELF, SELF, SELF] },
  editAccessKey: {
    text: "see or take back this access key",
    grants: [ANY, OWNER, OWNER, OWNER],
  },
  read: { text: "see it", grants: [ANY, ANY, ANY, ANY] },
  createUserGroup: { text: "create user groups", grants: [ANY, ANY, ANY, NEVER] },
  editUserGroup: { text: "edit this user group", grants: [ANY, OWNER, OWNER, NEVER] },
  claimNode: { text: "edit a node that nobody owns", grants: [ANY, ANY, ANY, NEVER] },
  editNode: { text: "edit this node", grants: [ANY, OWNER, OWNER, OWNER] },
  deleteNode: { text: "delete nodes", grants: [ANY, NEVER, NEVER, NEVER] },
  editNodeGroup: { text: "create, edit or delete node groups", grants: [ANY, ANY, NEVER, NEVER] },
  createDefinition: { text: "create tasks", grants: [ANY, ANY, ANY, NEVER] },
  editDefinition: { text: "edit this task", grants: [ANY, OWNER, OWNER, NEVER] },
  requestApproval: {
    text: "request the approval of this task",
    grants: [OWNER, OWNER, OWNER, NEVER],
  },
  decideApproval: {
    text: "accept or reject this request for approval",
    grants: [ANY, ["approver"], NEVER, NEVER],
  },
  run: {
    text: "run this task",
    grants: [OWNER_OR_RUNNER, OWNER_OR_RUNNER, OWNER_OR_RUNNER, NEVER],
  },
  stopRun: {
    text: "stop runs of this task",
    grants: [ANY, OWNER_OR_RUNNER, OWNER_OR_RUNNER, NEVER],
  },
  listFiles: { text: "list files of the repository", grants: [ANY, ANY, ANY, ANY] },
  transferFiles: {
    text: "upload or download files of the repository",
    grants: [ANY, ANY, ANY, NEVER],
  },
  editRestrictedCommands: {
    text: "edit the list of restricted commands",
    grants: [ANY, NEVER, NEVER, NEVER],
  },
  readAudit: { text: "read the audit log", grants: [ANY, ANY, NEVER, NEVER] },
} as const satisfies Readonly<Record<string, Rule>>;

export type Permission = keyof typeof PERMISSIONS;

/** Why not, for people; null: it is permitted. */
export function denial(
  permission: Permission,
  level: RoleLevel,
  relations: readonly Relation[],
): string | null {
  const { text, grants }: Rule = PERMISSIONS[permission];
  const grant = grants[level];
  if (grant === ANY || relations.some((relation) => grant.includes(relation))) return null;
  return `Expected ${whoMay(grants)} to ${text}, and you are ${whoYouAre(level, relations)}.`;
}

const RELATION_NAMES: Readonly<Record<Relation, string>> = {
  self: "its own user",
  owner: "its owner",
  runner: "one of its runners",
  approver: "the approver it was sent to",
};

/** `an administrator, or its owner with the role operator or higher`. */
function whoMay(grants: Rule["grants"]): string {
  const weakest = grants.lastIndexOf(ANY);
  const parts = weakest < 0 ? [] : [withArticle(weakest) + (weakest === 0 ? "" : " or higher")];
  const related = grants.findLastIndex((grant) => grant !== ANY && grant.length > 0);
  const relations = grants[related];
  if (relations !== undefined && relations !== ANY) {
    const names = relations.map((relation) => RELATION_NAMES[relation]).join(" or ");
    const isAnyLevel = related === ROLES.length - 1;
    parts.push(isAnyLevel ? names : `${names} with the role ${ROLES[related]} or higher`);
  }
  return parts.join(", or ");
}

function whoYouAre(level: RoleLevel, relations: readonly Relation[]): string {
  const names = relations.map((relation) => RELATION_NAMES[relation]);
  return [withArticle(level), ...names].join(" and ");
}

function withArticle(level: number): string {
  const name = ROLES[level] ?? "";
  return /^[aeiou]/.test(name) ? `an ${name}` : `a ${name}`;
}
