import { type FleetCounters, noFleetCounters } from "../model/fleet/changes.ts";
import type { DefinitionRecord, RevisionRecord, ScheduleEntry } from "../model/fleet/definition.ts";
import type { InstanceNumber, InstanceRecord } from "../model/fleet/instance.ts";
import type { NodeGroupRecord } from "../model/fleet/nodeGroup.ts";
import type { UserGroupRecord, UserRecord } from "../model/fleet/person.ts";
import type { RestrictedCommandRecord } from "../model/fleet/restrictedCommand.ts";
import type { JobNumber } from "../model/id.ts";
import { Registry } from "./registry.ts";

/** Behaviour that an operator may set; the same for a whole server. */
export interface FleetSettings {
  /** Whether an owner of a high enough level may accept their own request. */
  readonly allowsSelfApproval: boolean;
  /** Of schedules that name none; IANA. */
  readonly timeZone: string;
}

export const DEFAULT_FLEET_SETTINGS: FleetSettings = { allowsSelfApproval: false, timeZone: "UTC" };

/** A schedule with its next time. */
export interface ScheduledTime {
  readonly schedule: ScheduleEntry;
  readonly at: number;
}

/** The machine of fleet operations. Owned by the loop; changed only by the functions of this folder. */
export interface Fleet {
  readonly settings: FleetSettings;
  readonly counters: FleetCounters;
  /** Time of the current step; that of the engine. */
  now: number;
  readonly users: Registry<UserRecord>;
  readonly userGroups: Registry<UserGroupRecord>;
  readonly nodeGroups: Registry<NodeGroupRecord>;
  readonly definitions: Registry<DefinitionRecord>;
  readonly restrictedCommands: Registry<RestrictedCommandRecord>;
  /** The running revision of each definition that has one, by its number. */
  readonly revisions: Map<number, RevisionRecord>;
  /** Those whose targets have not all ended. */
  readonly instances: Map<InstanceNumber, InstanceRecord>;
  readonly instancesByJob: Map<JobNumber, InstanceNumber>;
  /** When pauses of rolling runs are over, of those that end by themselves. */
  readonly pauses: Map<InstanceNumber, number>;
  /** The next time of each definition's schedules, as of the record it was worked out for. */
  readonly dues: Map<number, { readonly of: DefinitionRecord; readonly due: ScheduledTime | null }>;
  /** Revisions that were approved since the last commit. */
  newRevisions: RevisionRecord[];
  changedInstances: Map<InstanceNumber, InstanceRecord>;
}

export function newFleet(settings: FleetSettings = DEFAULT_FLEET_SETTINGS): Fleet {
  return {
    settings,
    counters: noFleetCounters(),
    now: 0,
    users: new Registry(),
    userGroups: new Registry(),
    nodeGroups: new Registry(),
    definitions: new Registry(),
    restrictedCommands: new Registry(),
    revisions: new Map(),
    instances: new Map(),
    instancesByJob: new Map(),
    pauses: new Map(),
    dues: new Map(),
    newRevisions: [],
    changedInstances: new Map(),
  };
}
