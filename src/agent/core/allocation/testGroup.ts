import type { AllocationOrder, MemberEvent, MemberState } from "../../../model/allocation.ts";
import type {
  CheckSpec,
  GroupSpec,
  LifecycleSpec,
  MemberSpec,
  ServiceSpec,
} from "../../../model/group.ts";
import type { RestartPolicy } from "../../../model/groupPolicy.ts";
import type {
  GroupOrder,
  MemberEnd,
  NodeReport,
  ProcessExit,
  ProcessKey,
  StartFailure,
} from "../contract.ts";
import type { AgentOptions } from "../machine.ts";
import { exitOf, orderOf, processOf, TestNode } from "../testNode.ts";

/** For the tests of this folder: groups, and a node on which one runs as execution 1. */

export const RESTART: RestartPolicy = {
  attempts: 2,
  intervalMs: 1_800_000,
  delayMs: 15_000,
  mode: "fail",
};
export const NO_RESTART: RestartPolicy = { ...RESTART, attempts: 0 };

export function memberOf(name: string, changes: Partial<MemberSpec> = {}): MemberSpec {
  return {
    name,
    driver: "raw_exec",
    config: { command: "true" },
    user: null,
    env: {},
    meta: {},
    resources: { cpuMhz: 100, cores: 0, memoryMb: 300, memoryMaxMb: 0 },
    constraints: [],
    affinities: [],
    restart: RESTART,
    lifecycle: null,
    leader: false,
    killTimeoutMs: 5_000,
    killSignal: null,
    shutdownDelayMs: 0,
    services: [],
    artifacts: [],
    templates: [],
    logs: { maxFiles: 10, maxFileSizeMb: 10, disabled: false },
    volumeMounts: [],
    dispatchPayloadFile: null,
    ...changes,
  };
}

export function checkOf(name: string, changes: Partial<CheckSpec> = {}): CheckSpec {
  return {
    name,
    type: "tcp",
    port: null,
    path: "",
    method: "GET",
    protocol: "http",
    header: {},
    body: "",
    tlsSkipVerify: false,
    command: "",
    args: [],
    member: null,
    intervalMs: 10_000,
    timeoutMs: 2_000,
    initialStatus: "",
    onUpdate: "require_healthy",
    successBeforePassing: 0,
    failuresBeforeCritical: 0,
    checkRestart: null,
    ...changes,
  };
}

export function serviceOf(
  checks: readonly CheckSpec[],
  changes: Partial<ServiceSpec> = {},
): ServiceSpec {
  return {
    name: "web",
    provider: "nomad",
    port: "http",
    addressMode: "auto",
    tags: [],
    meta: {},
    member: null,
    checks,
    ...changes,
  };
}

export function groupOf(
  members: readonly MemberSpec[],
  changes: Partial<GroupSpec> = {},
): GroupSpec {
  return {
    name: "group",
    count: 1,
    constraints: [],
    affinities: [],
    spreads: [],
    restart: RESTART,
    reschedule: null,
    update: null,
    migrate: null,
    disconnect: {
      lostAfterMs: 0,
      replace: true,
      reconcile: "best_score",
      stopOnClientAfterMs: null,
    },
    ephemeralDisk: { sizeMb: 300, sticky: false, migrate: false },
    networks: [],
    services: [],
    volumes: [],
    shutdownDelayMs: 0,
    meta: {},
    maxRunDurationMs: null,
    members,
    ...changes,
  };
}

export function groupOrderOf(
  execution: number,
  group: GroupSpec,
  changes: Partial<AllocationOrder> = {},
): GroupOrder {
  const allocation: AllocationOrder = {
    name: "job.group[0]",
    allocationId: "00000000-0000-0000-0000-000000000001",
    index: 0,
    version: 0,
    jobName: "job",
    jobType: "service",
    parentJobId: null,
    region: "global",
    namespace: "default",
    datacenter: "dc1",
    meta: {},
    group,
    ports: [{ label: "http", value: 20_001, to: 20_001, hostIp: "0.0.0.0" }],
    health: null,
    payload: null,
    ...changes,
  };
  return { ...orderOf(execution, { members: [] }), allocation };
}

/** The life of one member, which a test may want to know. */
export class GroupNode extends TestNode {
  /** A node whose group has begun: the directories are there. */
  static begun(
    group: GroupSpec,
    changes: Partial<AllocationOrder> = {},
    options: Partial<AgentOptions> = {},
  ): GroupNode {
    const node = new GroupNode(options);
    node.give({ input: "recovered", bootId: "boot-1", memories: new Map() });
    node.welcome();
    node.start(groupOrderOf(1, group, changes));
    node.prepared(1);
    return node;
  }

  /** As `begun`, and the named members run. */
  static running(
    members: readonly MemberSpec[],
    changes: Partial<AllocationOrder> & { readonly group?: never } = {},
    group: Partial<GroupSpec> = {},
  ): GroupNode {
    const node = GroupNode.begun(groupOf(members, group), changes);
    for (const { name, lifecycle } of members) if (lifecycle === null) node.up(name);
    return node;
  }

  private member(name: string) {
    const life = this.machine.executions.get(1)?.life;
    const members = life?.phase === "allocated" ? life.run.members : [];
    return members.find(({ state }) => state.member === name);
  }

  keyOf(name: string): ProcessKey {
    return this.member(name)?.process ?? -1;
  }

  stateOf(name: string): MemberState {
    const state =
      this.member(name)?.state ??
      this.ended()?.result.allocation?.members.find(({ member }) => member === name);
    if (state === undefined) throw new Error(`expected a member ${name}`);
    return state;
  }

  /** The report of the end, whether it was sent or not. */
  ended(): Extract<NodeReport, { kind: "ended" }> | undefined {
    return this.machine.outbox.messages.find((message) => message.kind === "ended");
  }

  events(name: string): string[] {
    return this.stateOf(name).events.map(({ type }) => type);
  }

  lastEvent(name: string): MemberEvent | undefined {
    return this.stateOf(name).events.at(-1);
  }

  /** Prepares and starts the member's process. */
  up(name: string) {
    const key = this.keyOf(name);
    this.prepared(key);
    return this.spawned(key);
  }

  exit(name: string, outcome?: ProcessExit["outcome"]) {
    const key = this.keyOf(name);
    this.exited(key, outcome);
    return this.cleaned(key, { end: "exited", isOutOfMemory: false, message: null }, outcome);
  }

  /** The answer to the cleaning after the process's end. */
  cleaned(
    key: ProcessKey,
    end: Omit<Extract<MemberEnd, { end: "exited" }>, "exit">,
    outcome?: ProcessExit["outcome"],
  ) {
    const exit = exitOf(this.now, outcome);
    return this.give({ input: "memberCollected", key, end: { ...end, exit } });
  }

  notPrepared(name: string, why: Partial<StartFailure> = {}) {
    const failure = { category: "usererror", code: "BlobNotFound", message: "No file." } as const;
    const outcome = { ok: false, failure, ...why } as const;
    return this.give({ input: "prepared", execution: this.keyOf(name), outcome });
  }

  spawnedAs(name: string) {
    return processOf(this.keyOf(name));
  }
}

export function code(exitCode: number): ProcessExit["outcome"] {
  return { state: "exited", exitCode };
}

/** For the property tests: a group whose shape follows from the number. */
export function randomGroup(execution: number, pick: number): GroupOrder {
  const bit = (place: number) => (pick >> place) % 2 === 1;
  const restart = {
    attempts: (pick >> 2) % 3,
    // Beyond the end of every test, so that restarts are easily counted.
    intervalMs: 30 * 24 * 3_600_000,
    delayMs: 1_000,
    mode: "fail",
  } as const;
  const limits = { restart, killTimeoutMs: 2_000, shutdownDelayMs: bit(4) ? 1_500 : 0 };
  const checkRestart = { limit: 2, graceMs: 1_000, ignoreWarnings: false };
  const services = bit(5)
    ? [serviceOf([checkOf("alive", { intervalMs: 2_000, checkRestart })])]
    : [];
  const member = (name: string, hook: LifecycleSpec["hook"], sidecar = false) =>
    memberOf(name, { ...limits, lifecycle: { hook, sidecar } });
  const members = [
    bit(6) ? [member("before", "prestart")] : [],
    bit(7) ? [member("proxy", "prestart", true)] : [],
    [memberOf("main", { ...limits, services, leader: bit(8) })],
    bit(9) ? [memberOf("second", limits)] : [],
    bit(10) ? [member("after", "poststart", bit(11))] : [],
    bit(12) ? [member("cleanup", "poststop")] : [],
  ].flat();
  const group = groupOf(members, {
    shutdownDelayMs: bit(13) ? 700 : 0,
    maxRunDurationMs: bit(14) ? 20_000 : null,
    disconnect: {
      lostAfterMs: 0,
      replace: true,
      reconcile: "best_score",
      stopOnClientAfterMs: bit(15) ? 10_000 : null,
    },
  });
  const health = { healthCheck: "checks", minHealthyTimeMs: 2_000, deadlineMs: 9_000 } as const;
  const order = groupOrderOf(execution, group, {
    jobType: bit(16) ? "batch" : "service",
    health: bit(17) ? health : null,
  });
  return { ...order, taskId: `task${pick % 3}`, keepDirectory: pick % 4 === 1 };
}
