import type { Client } from "../../../src/client/client.ts";
import type { Allocation, AllocationStub } from "../../../src/protocol/api/answer/group.ts";
import { untilNodesAre } from "./server.ts";
import { until } from "./until.ts";

const SECOND_NS = 1_000_000_000;

const POOL = "services";

/** A pool of local nodes that takes jobs of groups. */
export async function createGroupPool(client: Client, nodes: number): Promise<string[]> {
  await client.pools.create({
    id: POOL,
    provider: "local",
    targetDedicatedNodes: nodes,
    accepts: ["batch", "groups"],
  });
  return await untilNodesAre(client, POOL, nodes);
}

export interface GroupParts {
  readonly type?: "service" | "batch" | "system" | "sysbatch";
  readonly count?: number;
  /** Text of a shell. */
  readonly script: string;
  readonly restart?: { readonly attempts: number; readonly delayS: number };
  readonly group?: Readonly<Record<string, unknown>>;
  readonly task?: Readonly<Record<string, unknown>>;
}

/** A job of one group `g` with one member `main` that runs a shell, in the form of Nomad's API. */
export function shellJob(id: string, parts: GroupParts): Record<string, unknown> {
  const { type = "service", count = 1, script, restart, group = {}, task = {} } = parts;
  const policy =
    restart === undefined
      ? {}
      : {
          RestartPolicy: {
            Attempts: restart.attempts,
            Delay: restart.delayS * SECOND_NS,
            Interval: 3_600 * SECOND_NS,
            Mode: "fail",
          },
        };
  return {
    ID: id,
    Type: type,
    NodePool: POOL,
    TaskGroups: [
      {
        Name: "g",
        ...(type === "system" ? {} : { Count: count }),
        ...policy,
        ...group,
        Tasks: [
          {
            Name: "main",
            Driver: "raw_exec",
            Config: { command: "/bin/sh", args: ["-c", script] },
            KillTimeout: SECOND_NS,
            ...task,
          },
        ],
      },
    ],
  };
}

export function seconds(count: number): number {
  return count * SECOND_NS;
}

/** The latest executions of a job, newest first. */
export async function allocationsOf(client: Client, jobId: string): Promise<AllocationStub[]> {
  return (await client.groups.allocations(jobId, true)).items;
}

/** Waits until so many executions of the job run, and answers them. */
export async function untilRunning(
  client: Client,
  jobId: string,
  count: number,
): Promise<AllocationStub[]> {
  const running = async () =>
    (await allocationsOf(client, jobId)).filter(
      ({ status, desired }) => status === "running" && desired === "run",
    );
  return await until(`${count} running executions of ${jobId}`, running, (found) => {
    return found.length === count;
  });
}

/** Waits until the execution is as wanted. */
export async function untilAllocation(
  client: Client,
  id: string,
  what: string,
  isWanted: (allocation: Allocation) => boolean,
): Promise<Allocation> {
  return await until(what, async () => await client.groups.allocation(id), isWanted);
}

/** Types of the events of a member, oldest first. */
export function eventTypes(allocation: Allocation, member = "main"): string[] {
  return (
    allocation.members.find(({ name }) => name === member)?.events.map(({ type }) => type) ?? []
  );
}
