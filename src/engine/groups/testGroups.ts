import type { AllocationState, MemberState } from "../../model/allocation.ts";
import type { ProcessRecord } from "../../model/execution.ts";
import type { GroupSpec, GroupsSpec } from "../../model/group.ts";
import { MIGRATE_DEFAULT, RESCHEDULE_DEFAULTS, UPDATE_DEFAULT } from "../../model/groupDefaults.ts";
import type { ReschedulePolicy } from "../../model/groupPolicy.ts";
import type { JobSpec } from "../../model/job.ts";
import type { HostFacts } from "../../model/node.ts";
import type { StartOrder } from "../../model/order.ts";
import { aGroup } from "../../placement/testGroup.ts";
import type { Reply } from "../input.ts";
import type { LiveTask } from "../state.ts";
import { JOB, resultOf, TestFleet } from "../testFleet.ts";

export const HOST: HostFacts = {
  datacenter: "dc1",
  nodeClass: "",
  meta: {},
  attributes: { "kernel.name": "linux", "driver.raw_exec": "1" },
  drivers: { raw_exec: { detected: true, healthy: true, description: "" } },
  cpuMhz: 4_000,
  memoryMb: 4_000,
  diskMb: 100_000,
};

export const SERVICE_GROUP: GroupSpec = aGroup({
  name: "cache",
  reschedule: RESCHEDULE_DEFAULTS.service,
  update: UPDATE_DEFAULT,
  migrate: MIGRATE_DEFAULT,
});

/** What fails for good is given up. */
export const NO_RESCHEDULE: ReschedulePolicy = {
  attempts: 0,
  intervalMs: 0,
  delayMs: 0,
  delayFunction: "constant",
  maxDelayMs: 0,
  unlimited: false,
};

const GROUPS: GroupsSpec = {
  name: "example",
  region: "global",
  namespace: "default",
  datacenters: ["*"],
  allAtOnce: false,
  meta: {},
  constraints: [],
  affinities: [],
  spreads: [],
  periodic: null,
  parameterized: null,
  groups: [SERVICE_GROUP],
};

/** A job of one group. */
export function groupJob(
  group: Partial<GroupSpec> = {},
  job: Partial<JobSpec> = {},
  groups: Partial<GroupsSpec> = {},
): JobSpec {
  return {
    ...JOB,
    id: "example",
    type: "service",
    priority: 50,
    ...job,
    groups: { ...GROUPS, groups: [{ ...SERVICE_GROUP, ...group }], ...groups },
  };
}

export function memberState(parts: Partial<MemberState> = {}): MemberState {
  return {
    member: "web",
    state: "running",
    failed: false,
    restarts: 0,
    lastRestartAt: null,
    startedAt: 1,
    finishedAt: null,
    nextAt: null,
    events: [],
    ...parts,
  };
}

/** A fleet that takes groups. */
export class GroupFleet extends TestFleet {
  constructor(nodes: readonly string[] = ["n1", "n2", "n3"]) {
    super();
    this.facts = { ...this.facts, cores: 4, host: HOST };
    this.pool({ accepts: ["batch", "groups"] });
    for (const node of nodes) this.node(node);
  }

  register(spec: JobSpec): Reply {
    return this.send({ kind: "registerJob", spec, checkIndex: null });
  }

  /** The node says how it is; `healthy` null: not decided. */
  says(order: StartOrder, state: Partial<AllocationState> = {}): void {
    this.now += 1;
    const whole = {
      status: "running",
      members: [memberState()],
      checks: [],
      health: null,
    } as const;
    this.report(order.nodeId, {
      kind: "allocation",
      execution: order.execution,
      state: { ...whole, ...state },
    });
  }

  healthy(order: StartOrder): void {
    this.says(order, { health: { healthy: true, at: this.now, reason: null } });
  }

  /** Its member failed for good. */
  fails(order: StartOrder): void {
    this.ends(order, 1, "failed");
  }

  ends(
    order: StartOrder,
    exitCode: number,
    status: "complete" | "failed",
    state: Partial<AllocationState> = {},
  ): void {
    this.now += 1;
    const member = memberState({
      state: "dead",
      failed: status === "failed",
      finishedAt: this.now,
    });
    this.report(order.nodeId, {
      kind: "ended",
      execution: order.execution,
      result: {
        ...resultOf({ state: "exited", exitCode }, this.now),
        processes: [processRecord(exitCode, this.now)],
        allocation: { status, members: [member], checks: [], health: null, ...state },
      },
    });
  }

  /** Whatever was told to stop since the last look ends. */
  stops(): number[] {
    const numbers = this.effects.flatMap((effect) =>
      effect.effect === "stop" ? [effect.execution] : [],
    );
    this.effects = this.effects.filter(({ effect }) => effect !== "stop");
    const told = [...new Set(numbers)];
    for (const number of told) this.ends(this.orderOf(number), 143, "complete");
    return told;
  }

  orderOf(execution: number): StartOrder {
    const live = this.live(execution);
    return { execution, nodeId: live.node.record.id } as StartOrder;
  }

  live(execution: number): LiveTask {
    const live = this.engine.executions.get(execution);
    if (live === undefined) throw new Error(`execution ${execution} is over`);
    return live;
  }
}

function processRecord(exitCode: number, endedAt: number): ProcessRecord {
  const outcome = { state: "exited", exitCode } as const;
  return {
    member: "web",
    number: 1,
    outcome,
    startedAt: endedAt,
    endedAt,
    peakMemoryBytes: null,
    cpuMs: null,
  };
}
