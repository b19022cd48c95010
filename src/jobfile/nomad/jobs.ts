import type { GroupSpec, NetworkSpec, PortSpec, VolumeSpec } from "../../model/group.ts";
import type { GroupJobSpec } from "../decode/jobs.ts";
import { toNanoseconds } from "../read/duration.ts";
import type { PlainValue } from "../tree.ts";
import { memberJson, serviceJson } from "./members.ts";
import {
  affinitiesJson,
  constraintsJson,
  disconnectJson,
  migrateJson,
  rescheduleJson,
  restartJson,
  spreadsJson,
  updateJson,
} from "./policies.ts";

/**
 * The job in Nomad's JSON, every default filled in, durations in nanoseconds. Read back it is the same job, though
 * what was written for the whole job (`restart`, `update`, ...) is then written in each group.
 */
export function nomadJson(spec: GroupJobSpec): Readonly<Record<string, PlainValue>> {
  const { groups } = spec;
  return {
    ID: spec.id,
    Name: groups.name,
    Type: spec.type,
    Region: groups.region,
    Namespace: groups.namespace,
    NodePool: spec.poolId,
    Datacenters: groups.datacenters,
    Priority: spec.priority,
    AllAtOnce: groups.allAtOnce,
    Meta: groups.meta,
    Constraints: constraintsJson(groups.constraints),
    Affinities: affinitiesJson(groups.affinities),
    Spreads: spreadsJson(groups.spreads),
    Periodic: periodicJson(spec),
    ParameterizedJob: parameterizedJson(spec),
    TaskGroups: groups.groups.map((group) => groupJson(group, spec.type)),
  };
}

function periodicJson({ groups: { periodic } }: GroupJobSpec): PlainValue {
  if (periodic === null) return null;
  const [only, ...more] = periodic.crons;
  return {
    Enabled: periodic.enabled,
    Spec: more.length === 0 ? (only ?? "") : "",
    Specs: more.length === 0 ? null : periodic.crons,
    SpecType: "cron",
    ProhibitOverlap: periodic.prohibitOverlap,
    TimeZone: periodic.timeZone,
  };
}

function parameterizedJson({ groups: { parameterized } }: GroupJobSpec): PlainValue {
  if (parameterized === null) return null;
  return {
    Payload: parameterized.payload,
    MetaRequired: parameterized.metaRequired,
    MetaOptional: parameterized.metaOptional,
  };
}

function groupJson(group: GroupSpec, jobType: string): PlainValue {
  const { ephemeralDisk, maxRunDurationMs } = group;
  const volumes = group.volumes.map((volume) => [volume.name, volumeJson(volume)]);
  return {
    Name: group.name,
    Count: group.count,
    Constraints: constraintsJson(group.constraints),
    Affinities: affinitiesJson(group.affinities),
    Spreads: spreadsJson(group.spreads),
    RestartPolicy: restartJson(group.restart),
    ReschedulePolicy: rescheduleJson(group.reschedule),
    Update: updateJson(group.update, jobType),
    Migrate: migrateJson(group.migrate),
    Disconnect: disconnectJson(group.disconnect),
    EphemeralDisk: {
      SizeMB: ephemeralDisk.sizeMb,
      Sticky: ephemeralDisk.sticky,
      Migrate: ephemeralDisk.migrate,
    },
    Networks: group.networks.map(networkJson),
    Services: group.services.map(serviceJson),
    Volumes: Object.fromEntries(volumes),
    ShutdownDelay: toNanoseconds(group.shutdownDelayMs),
    MaxRunDuration: maxRunDurationMs === null ? null : toNanoseconds(maxRunDurationMs),
    Meta: group.meta,
    Tasks: group.members.map(memberJson),
  };
}

function volumeJson(volume: VolumeSpec): PlainValue {
  return {
    Name: volume.name,
    Type: volume.type,
    Source: volume.source,
    ReadOnly: volume.readOnly,
    AccessMode: volume.accessMode,
    AttachmentMode: volume.attachmentMode,
    PerAlloc: volume.perAlloc,
  };
}

function networkJson({ mode, hostname, ports }: NetworkSpec): PlainValue {
  return {
    Mode: mode,
    Hostname: hostname ?? "",
    DynamicPorts: ports.filter((port) => port.static === null).map(portJson),
    ReservedPorts: ports.filter((port) => port.static !== null).map(portJson),
  };
}

function portJson({ label, static: number, to }: PortSpec): PlainValue {
  return { Label: label, Value: number ?? 0, To: to };
}
