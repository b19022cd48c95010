import type { ScheduleEntry } from "../model/fleet/definition.ts";
import type { InstanceNumber } from "../model/fleet/instance.ts";
import type { RoleLevel, Switch, UserNumber } from "../model/fleet/person.ts";
import type { RestrictedClass } from "../model/fleet/restrictedCommand.ts";
import type { RollingPolicy } from "../model/fleet/rolling.ts";
import type { ScriptSource } from "../model/fleet/run.ts";
import type { DeallocationOption } from "../model/pool.ts";

/**
 * What people ask of fleet operations. Objects are named by their ids as given; form and limits were checked at the edge.
 * Absent members of an edit stay as they are.
 */
export type FleetRequest =
  | UserRequest
  | UserGroupRequest
  | FleetNodeRequest
  | NodeGroupRequest
  | DefinitionRequest
  | ApprovalRequest
  | RestrictedRequest
  | InstanceRequest;

export interface Profile {
  readonly name: string;
  readonly phone: string;
  readonly email: string;
  readonly description: string;
}

export type UserRequest =
  /** By the server itself, at its first start: an administrator without a password. */
  | { readonly request: "makeFirstUser"; readonly id: string }
  /** By anyone, without a login: the account is disabled and of a guest. */
  | {
      readonly request: "createUser";
      readonly id: string;
      readonly profile: Profile;
      readonly passwordHash: string;
    }
  | {
      readonly request: "editUser";
      readonly user: string;
      readonly newId?: string;
      readonly profile: Partial<Profile>;
      /** Of administrators alone. */
      readonly role?: RoleLevel;
      readonly status?: Switch;
    }
  | { readonly request: "setPassword"; readonly user: string; readonly passwordHash: string }
  | { readonly request: "deleteUser"; readonly user: string }
  | { readonly request: "noteLogin"; readonly user: string };

export type UserGroupRequest =
  | { readonly request: "createUserGroup"; readonly id: string; readonly description: string }
  | {
      readonly request: "editUserGroup";
      readonly userGroup: string;
      readonly newId?: string;
      readonly owner?: string;
      readonly description?: string;
    }
  | { readonly request: "deleteUserGroup"; readonly userGroup: string }
  | { readonly request: "addGroupUser"; readonly userGroup: string; readonly user: string }
  | { readonly request: "removeGroupUser"; readonly userGroup: string; readonly user: string };

export type FleetNodeRequest =
  | {
      readonly request: "editNode";
      readonly node: string;
      readonly newId?: string;
      readonly owner?: string;
      readonly description?: string;
      readonly status?: Switch;
    }
  | {
      readonly request: "deleteNode";
      readonly node: string;
      /** What becomes of the batch tasks that run there; absent: they go back to the queue. */
      readonly option?: DeallocationOption;
    };

export type NodeGroupRequest =
  | { readonly request: "createNodeGroup"; readonly id: string; readonly description: string }
  | {
      readonly request: "editNodeGroup";
      readonly nodeGroup: string;
      readonly newId?: string;
      readonly owner?: string;
      readonly description?: string;
    }
  | { readonly request: "deleteNodeGroup"; readonly nodeGroup: string }
  | { readonly request: "copyNodeGroup"; readonly nodeGroup: string; readonly newId: string }
  | { readonly request: "addGroupNode"; readonly nodeGroup: string; readonly node: string }
  | { readonly request: "removeGroupNode"; readonly nodeGroup: string; readonly node: string }
  | {
      readonly request: "setAttribute";
      readonly nodeGroup: string;
      readonly key: string;
      readonly value: string;
    }
  | { readonly request: "removeAttribute"; readonly nodeGroup: string; readonly key: string };

/** What of a definition's content an edit may change directly. */
export interface ContentPatch {
  readonly script?: ScriptSource;
  readonly osUser?: string | null;
  readonly byScheduler?: boolean;
  readonly byOnDemand?: boolean;
  readonly byTask?: boolean;
  /** Id of a definition; null: none. */
  readonly nextTask?: string | null;
  readonly rolling?: RollingPolicy | null;
  readonly startWithinMs?: number;
  readonly nodeTimeoutMs?: number | null;
  readonly runTimeoutMs?: number | null;
  readonly asksAgain?: boolean;
}

/** A node or a node group. */
export interface TargetNames {
  readonly nodes: readonly string[];
  readonly nodeGroups: readonly string[];
}

export interface RunnerNames {
  readonly users: readonly string[];
  readonly userGroups: readonly string[];
  readonly definitions: readonly string[];
}

export type DefinitionRequest =
  | {
      readonly request: "createDefinition";
      readonly id: string;
      readonly description: string;
      readonly content: ContentPatch & Pick<Required<ContentPatch>, "script" | "osUser">;
    }
  | {
      readonly request: "editDefinition";
      readonly definition: string;
      readonly newId?: string;
      readonly owner?: string;
      readonly approver?: string;
      readonly description?: string;
      readonly content: ContentPatch;
    }
  | { readonly request: "deleteDefinition"; readonly definition: string }
  | { readonly request: "addTargets"; readonly definition: string; readonly targets: TargetNames }
  | {
      readonly request: "removeTargets";
      readonly definition: string;
      readonly targets: TargetNames;
    }
  | { readonly request: "addRunners"; readonly definition: string; readonly runners: RunnerNames }
  | {
      readonly request: "removeRunners";
      readonly definition: string;
      readonly runners: RunnerNames;
    }
  | {
      readonly request: "addSchedule";
      readonly definition: string;
      readonly schedule: ScheduleEntry;
    }
  | {
      readonly request: "editSchedule";
      readonly definition: string;
      readonly schedule: string;
      readonly patch: Partial<Omit<ScheduleEntry, "id">>;
    }
  | { readonly request: "removeSchedule"; readonly definition: string; readonly schedule: string };

/** Content of a script; decoded, as people read it. */
export interface ScriptText {
  /** Of its bytes: which script this is. */
  readonly sha256: string;
  readonly text: string;
}

export type RestrictedRequest =
  /** New, or in another class; `description` absent: stays as it is. */
  | {
      readonly request: "setRestrictedCommand";
      readonly word: string;
      readonly class: RestrictedClass;
      readonly description?: string;
    }
  | { readonly request: "removeRestrictedCommand"; readonly word: string };

export type ApprovalRequest =
  | {
      readonly request: "requestApproval";
      readonly definition: string;
      /** Absent: the definition's own. */
      readonly approver?: string;
      readonly reason: string;
      /** Of the working copy; absent: it was not read, because no command was restricted. */
      readonly script?: ScriptText;
    }
  | {
      readonly request: "acceptApproval";
      readonly definition: string;
      /** As in the request. */
      readonly script?: ScriptText;
    }
  | { readonly request: "rejectApproval"; readonly definition: string; readonly reason: string };

export type InstanceRequest =
  | {
      readonly request: "runDefinition";
      readonly definition: string;
      /** Of its targets; null: all of them. */
      readonly nodes: readonly string[] | null;
      readonly arguments: readonly string[];
      /** In place of the definition's own; absent: that one. */
      readonly rolling?: RollingPolicy;
    }
  /** A rolling run that is paused or was stopped goes on. */
  | { readonly request: "resumeInstance"; readonly instance: InstanceNumber }
  | {
      readonly request: "rerunNodes";
      readonly instance: InstanceNumber;
      readonly nodes: readonly string[];
    }
  | {
      readonly request: "stopInstance";
      readonly instance: InstanceNumber;
      /** Null: all of it. */
      readonly node: string | null;
      readonly reason: string;
    };

/** Who asks: a user, or a token of lower rights that acts as one. */
export interface Actor {
  readonly user: UserNumber;
  /** At most the user's own. */
  readonly level: RoleLevel;
  /** The token has fewer rights than its user, and so is not to get at more through what is theirs. */
  readonly isLimited?: boolean;
}
