import type { InstanceNumber, InstanceRecord } from "../../model/fleet/instance.ts";
import type { JobNumber } from "../../model/id.ts";
import type { Fleet } from "../state.ts";

/** Keeps the record; what has ended leaves memory. */
export function saveInstance(fleet: Fleet, record: InstanceRecord): InstanceRecord {
  fleet.changedInstances.set(record.number, record);
  if (record.endedAt === null) {
    fleet.instances.set(record.number, record);
    fleet.instancesByJob.set(record.job, record.number);
  } else {
    fleet.instances.delete(record.number);
    fleet.instancesByJob.delete(record.job);
  }
  return record;
}

export function instanceOfJob(fleet: Fleet, job: JobNumber): InstanceRecord | null {
  const number: InstanceNumber | undefined = fleet.instancesByJob.get(job);
  return number === undefined ? null : (fleet.instances.get(number) ?? null);
}
