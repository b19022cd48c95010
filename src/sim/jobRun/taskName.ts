import type { GroupOrder, MemberProcess } from "../../agent/core/contract.ts";

/** `JOB.GROUP[INDEX]`, of a system job with its node behind it. */
export function taskNameOf({ allocation, nodeId }: GroupOrder): string {
  const { name, jobType } = allocation;
  return jobType === "system" || jobType === "sysbatch" ? `${name}@${nodeId}` : name;
}

/** Whether it is a main of its group: no hook, and no sidecar. */
export function isGroupMain({ order, member }: MemberProcess): boolean {
  const spec = order.allocation.group.members.find(({ name }) => name === member);
  return spec !== undefined && spec.lifecycle === null;
}
