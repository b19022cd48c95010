import type { InstanceNumber, InstanceRecord } from "../../model/fleet/instance.ts";
import type { JobNumber } from "../../model/id.ts";
import type { Fleet } from "../state.ts";

/** Keeps the record; what has ended leaves memory. */
export function saveInstance(fleet: Fleet, record: InstanceRecord): InstanceRecord {
  fleet.changedInstances.set(record.number, record);
  if (record.endedAt === null) {
    holdInstance(fleet, record);
  } else {
    fleet.instances.delete(record.number);
    fleet.instancesByJob.delete(record.job);
    fleet.pauses.delete(record.number);
  }
  return record;
}

/** Keeps one that has not ended in memory. */
export function holdInstance(fleet: Fleet, record: InstanceRecord): void {
  fleet.instances.set(record.number, record);
  fleet.instancesByJob.set(record.job, record.number);
  const until = pauseEndOf(record);
  if (until === null) fleet.pauses.delete(record.number);
  else fleet.pauses.set(record.number, until);
}

/** Null: nothing to wait for, or first for nodes that a person has run again meanwhile. */
function pauseEndOf({ rolling }: InstanceRecord): number | null {
  if (rolling === undefined || rolling.state.state !== "paused" || rolling.openNodes > 0)
    return null;
  return rolling.state.until;
}

export function instanceOfJob(fleet: Fleet, job: JobNumber): InstanceRecord | null {
  const number: InstanceNumber | undefined = fleet.instancesByJob.get(job);
  return number === undefined ? null : (fleet.instances.get(number) ?? null);
}
