import type { Client } from "../../client/client.ts";
import type { AllocationStub } from "../../protocol/api/answer/group.ts";
import { CliError } from "../failure.ts";

export interface Wanted {
  readonly job: string;
  readonly group: string | undefined;
  readonly task: string | undefined;
}

/** The id of a job's newest allocation that runs, else of its newest at all. Throws CliError where there is none. */
export async function newestAllocation(client: Client, wanted: Wanted): Promise<string> {
  const { job, group, task } = wanted;
  const { items } = await client.groups.allocations(job);
  const sorted = items
    .filter((stub) => group === undefined || stub.group === group)
    .toSorted((one, other) => rankOf(other) - rankOf(one) || other.execution - one.execution);
  for (const stub of firstOfEachGroup(sorted)) {
    if (task === undefined) return stub.id;
    const { members } = await client.groups.allocation(stub.id);
    if (members.some(({ name }) => name === task)) return stub.id;
  }
  const where = group === undefined ? job : `the group ${group} of ${job}`;
  const what = task === undefined ? "" : ` with the task ${task}`;
  throw new CliError(`Expected an allocation of ${where}${what} and found none.`, {
    fix: `See what there is with \`stint job status ${job}\`.`,
  });
}

function rankOf({ status }: AllocationStub): number {
  return status === "running" ? 1 : 0;
}

/** All of a group have the same tasks. */
function firstOfEachGroup(stubs: readonly AllocationStub[]): AllocationStub[] {
  return stubs.filter(
    ({ group }, index) => stubs.findIndex((stub) => stub.group === group) === index,
  );
}
