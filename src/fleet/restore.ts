import type { FleetChanges, StoredFleet } from "../model/fleet/changes.ts";
import { holdInstance } from "./instances/live.ts";
import { Registry } from "./registry.ts";
import { type Fleet, type FleetSettings, newFleet } from "./state.ts";

/** Fleet operations as they were at the last commit. */
export function restoreFleet(stored: StoredFleet, settings: FleetSettings): Fleet {
  const fleet: Fleet = {
    ...newFleet(settings),
    counters: { ...stored.counters },
    users: new Registry(stored.users),
    userGroups: new Registry(stored.userGroups),
    nodeGroups: new Registry(stored.nodeGroups),
    definitions: new Registry(stored.definitions),
    restrictedCommands: new Registry(stored.restrictedCommands),
    revisions: new Map(stored.revisions.map((record) => [record.definition, record])),
  };
  for (const record of stored.instances) holdInstance(fleet, record);
  return fleet;
}

/** What changed since the last call; null: nothing. Records are never changed but replaced, so none is copied. */
export function takeFleetChanges(fleet: Fleet): FleetChanges | null {
  const changes: FleetChanges = {
    users: fleet.users.takeChanged(),
    userGroups: fleet.userGroups.takeChanged(),
    nodeGroups: fleet.nodeGroups.takeChanged(),
    definitions: fleet.definitions.takeChanged(),
    restrictedCommands: fleet.restrictedCommands.takeChanged(),
    revisions: fleet.newRevisions,
    instances: fleet.changedInstances,
    counters: { ...fleet.counters },
  };
  const { users, userGroups, nodeGroups, definitions, restrictedCommands } = changes;
  const { revisions, instances } = changes;
  const kinds = [users, userGroups, nodeGroups, definitions, restrictedCommands];
  const count = kinds.reduce((sum, { size }) => sum + size, 0);
  if (count + revisions.length + instances.size === 0) return null;
  fleet.newRevisions = [];
  fleet.changedInstances = new Map();
  return changes;
}
