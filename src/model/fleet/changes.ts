import type { DefinitionNumber, DefinitionRecord, RevisionRecord } from "./definition.ts";
import type { InstanceNumber, InstanceRecord } from "./instance.ts";
import type { NodeGroupNumber, NodeGroupRecord } from "./nodeGroup.ts";
import type { UserGroupNumber, UserGroupRecord, UserNumber, UserRecord } from "./person.ts";
import type { RestrictedCommandNumber, RestrictedCommandRecord } from "./restrictedCommand.ts";

/** Numbers of fleet operations that were handed out last. */
export interface FleetCounters {
  user: number;
  userGroup: number;
  nodeGroup: number;
  definition: number;
  instance: number;
  restrictedCommand: number;
}

export function noFleetCounters(): FleetCounters {
  return { user: 0, userGroup: 0, nodeGroup: 0, definition: 0, instance: 0, restrictedCommand: 0 };
}

/** What a batch changed of fleet operations: whole new values by number; null: gone. */
export interface FleetChanges {
  readonly users: ReadonlyMap<UserNumber, UserRecord | null>;
  readonly userGroups: ReadonlyMap<UserGroupNumber, UserGroupRecord | null>;
  readonly nodeGroups: ReadonlyMap<NodeGroupNumber, NodeGroupRecord | null>;
  readonly definitions: ReadonlyMap<DefinitionNumber, DefinitionRecord | null>;
  readonly restrictedCommands: ReadonlyMap<RestrictedCommandNumber, RestrictedCommandRecord | null>;
  /** New ones, in the order of their approval. */
  readonly revisions: readonly RevisionRecord[];
  readonly instances: ReadonlyMap<InstanceNumber, InstanceRecord>;
  readonly counters: FleetCounters;
}

/** Everything of fleet operations that is live, as a store reads it. */
export interface StoredFleet {
  readonly counters: FleetCounters;
  readonly users: readonly UserRecord[];
  readonly userGroups: readonly UserGroupRecord[];
  readonly nodeGroups: readonly NodeGroupRecord[];
  readonly definitions: readonly DefinitionRecord[];
  readonly restrictedCommands: readonly RestrictedCommandRecord[];
  /** The running one of each definition that has one. */
  readonly revisions: readonly RevisionRecord[];
  /** Those that have not ended. */
  readonly instances: readonly InstanceRecord[];
}

export function emptyStoredFleet(): StoredFleet {
  return {
    counters: noFleetCounters(),
    users: [],
    userGroups: [],
    nodeGroups: [],
    definitions: [],
    restrictedCommands: [],
    revisions: [],
    instances: [],
  };
}
