import {
  type FleetChanges,
  type FleetCounters,
  noFleetCounters,
  type StoredFleet,
} from "./changes.ts";
import type { DefinitionRecord, RevisionRecord } from "./definition.ts";
import type { InstanceRecord } from "./instance.ts";
import type { NodeGroupRecord } from "./nodeGroup.ts";
import type { UserGroupRecord, UserRecord } from "./person.ts";
import type { RestrictedCommandRecord } from "./restrictedCommand.ts";

/** Fleet operations as a store in memory keeps them. Records are never changed, so none is copied. */
export class FleetTables {
  counters: FleetCounters = noFleetCounters();
  readonly users = new Map<number, UserRecord>();
  readonly userGroups = new Map<number, UserGroupRecord>();
  readonly nodeGroups = new Map<number, NodeGroupRecord>();
  readonly definitions = new Map<number, DefinitionRecord>();
  readonly restrictedCommands = new Map<number, RestrictedCommandRecord>();
  /** All of them, by definition, in the order of their numbers. */
  readonly revisions = new Map<number, RevisionRecord[]>();
  readonly instances = new Map<number, InstanceRecord>();

  apply(changes: FleetChanges): void {
    merge(this.users, changes.users);
    merge(this.userGroups, changes.userGroups);
    merge(this.nodeGroups, changes.nodeGroups);
    merge(this.definitions, changes.definitions);
    merge(this.restrictedCommands, changes.restrictedCommands);
    merge(this.instances, changes.instances);
    for (const record of changes.revisions) this.#addRevision(record);
    this.counters = changes.counters;
  }

  /** Applied twice it is the same as once. */
  #addRevision(record: RevisionRecord): void {
    const records = this.revisions.get(record.definition) ?? [];
    this.revisions.set(record.definition, records);
    if (records.every(({ revision }) => revision !== record.revision)) records.push(record);
  }

  readLive(): StoredFleet {
    const definitions = byNumber(this.definitions);
    return {
      counters: { ...this.counters },
      users: byNumber(this.users),
      userGroups: byNumber(this.userGroups),
      nodeGroups: byNumber(this.nodeGroups),
      definitions,
      restrictedCommands: byNumber(this.restrictedCommands),
      revisions: definitions.flatMap(({ number, revision: running }) => {
        const records = this.revisions.get(number) ?? [];
        return records.filter(({ revision }) => revision === running);
      }),
      instances: byNumber(this.instances).filter(({ endedAt }) => endedAt === null),
    };
  }
}

function merge<Value>(kept: Map<number, Value>, changed: ReadonlyMap<number, Value | null>): void {
  for (const [number, value] of changed) {
    if (value === null) kept.delete(number);
    else kept.set(number, value);
  }
}

function byNumber<Value>(map: ReadonlyMap<number, Value>): Value[] {
  return [...map].sort(([left], [right]) => left - right).map(([, value]) => value);
}
