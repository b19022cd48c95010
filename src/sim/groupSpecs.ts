import type { CheckSpec, GroupSpec, GroupsSpec, MemberSpec, ServiceSpec } from "../model/group.ts";
import type { GroupJobType } from "../model/groupDefaults.ts";
import type {
  DisconnectPolicy,
  MigratePolicy,
  ReschedulePolicy,
  RestartPolicy,
  UpdatePolicy,
} from "../model/groupPolicy.ts";
import type { ConstraintSpec } from "../model/placementSpec.ts";
import { aGroup, aMember, aNetwork } from "../placement/testGroup.ts";
import type { Random } from "./random.ts";

/** Groups as users of a simulated fleet describe them: every policy, with times that are short enough for a run. */

/** How troublesome the groups of a run are, drawn once. */
export interface GroupHabits {
  /** Mean life of a service's process; 0: it never crashes. */
  readonly crashMeanMs: number;
  /** Chance in percent that a crash has an exit code, that a start goes wrong, and that checks fail. */
  readonly failPercent: number;
  readonly brokenPercent: number;
  readonly sickPercent: number;
  readonly durationMaxMs: number;
}

export function drawGroupHabits(random: Random): GroupHabits {
  return {
    crashMeanMs: random.pick([0, 10_000, 60_000, 300_000]),
    failPercent: random.pick([0, 30, 70]),
    brokenPercent: random.pick([0, 0, 10, 40]),
    sickPercent: random.pick([0, 0, 20, 50]),
    durationMaxMs: random.pick([500, 10_000, 60_000]),
  };
}

function restartPolicy(random: Random): RestartPolicy {
  const attempts = random.pick([0, 1, 1, 2, 5]);
  return {
    attempts,
    intervalMs: random.pick([5_000, 20_000, 120_000]),
    delayMs: random.pick([0, 100, 2_000]),
    mode: attempts > 0 && random.chance(0.4) ? "delay" : "fail",
  };
}

function reschedulePolicy(random: Random): ReschedulePolicy {
  const isUnlimited = random.chance(0.6);
  const delayMs = random.pick([0, 500, 5_000]);
  return {
    attempts: isUnlimited ? 0 : random.pick([0, 1, 2]),
    intervalMs: isUnlimited ? 0 : random.pick([30_000, 600_000]),
    delayMs,
    delayFunction: random.pick(["constant", "exponential", "fibonacci"]),
    maxDelayMs: isUnlimited ? random.pick([delayMs, 20_000]) : 60_000,
    unlimited: isUnlimited,
  };
}

function disconnectPolicy(random: Random, type: GroupJobType): DisconnectPolicy {
  const lostAfterMs = random.pick([0, 0, 20_000, 120_000]);
  const mayStop = lostAfterMs === 0 && (type === "service" || type === "batch");
  return {
    lostAfterMs,
    replace: random.chance(0.8),
    reconcile: random.pick(["best_score", "keep_original", "keep_replacement", "longest_running"]),
    stopOnClientAfterMs: mayStop && random.chance(0.2) ? random.pick([5_000, 60_000]) : null,
  };
}

function updatePolicy(random: Random, type: GroupJobType): UpdatePolicy {
  const canary = type === "service" && random.chance(0.5) ? random.between(1, 3) : 0;
  return {
    maxParallel: random.pick([1, 1, 2, 3]),
    healthCheck: random.pick(["checks", "task_states"]),
    minHealthyTimeMs: random.pick([0, 1_000, 5_000]),
    healthyDeadlineMs: random.pick([10_000, 30_000]),
    progressDeadlineMs: random.pick([0, 40_000, 120_000]),
    autoRevert: random.chance(0.4),
    autoPromote: canary > 0 && random.chance(0.4),
    canary,
    staggerMs: 1_000,
  };
}

function migratePolicy(random: Random): MigratePolicy {
  return {
    maxParallel: random.pick([1, 2]),
    healthCheck: random.pick(["checks", "task_states"]),
    minHealthyTimeMs: random.pick([0, 2_000]),
    healthyDeadlineMs: random.pick([10_000, 30_000]),
  };
}

function aCheck(random: Random, member: string): CheckSpec {
  return {
    name: "alive",
    type: "tcp",
    port: "http",
    path: "",
    method: "GET",
    protocol: "http",
    header: {},
    body: "",
    tlsSkipVerify: false,
    command: "",
    args: [],
    member,
    intervalMs: random.pick([1_000, 5_000]),
    timeoutMs: 1_000,
    initialStatus: "",
    onUpdate: random.pick(["require_healthy", "ignore_warnings", "ignore"]),
    successBeforePassing: 0,
    failuresBeforeCritical: 0,
    checkRestart: random.chance(0.6)
      ? {
          limit: random.pick([1, 3]),
          // Longer than until the first probe: what is not known yet counts as unhealthy (Nomad).
          graceMs: random.pick([8_000, 15_000]),
          ignoreWarnings: false,
        }
      : null,
  };
}

function aService(random: Random): ServiceSpec {
  return {
    name: "web",
    provider: "nomad",
    port: "http",
    addressMode: "auto",
    tags: [],
    meta: {},
    member: "main",
    checks: [aCheck(random, "main")],
  };
}

/** Draws groups for jobs. */
export class GroupSpecs {
  readonly #random: Random;
  readonly #habits: GroupHabits;

  constructor(random: Random, habits: GroupHabits) {
    this.#random = random;
    this.#habits = habits;
  }

  groups(type: GroupJobType): GroupSpec[] {
    const count = this.#random.pick([1, 1, 1, 2]);
    return Array.from({ length: count }, (_, index) => this.#group(type, `g${index + 1}`));
  }

  #group(type: GroupJobType, name: string): GroupSpec {
    const random = this.#random;
    const isService = type === "service";
    const isPerNode = type === "system" || type === "sysbatch";
    return aGroup({
      name,
      count: isPerNode ? 1 : random.between(1, 4),
      constraints: random.chance(0.15) ? [this.#constraint()] : [],
      restart: restartPolicy(random),
      reschedule: isPerNode ? null : reschedulePolicy(random),
      update:
        isService || (type === "system" && random.chance(0.5)) ? updatePolicy(random, type) : null,
      migrate: isService ? migratePolicy(random) : null,
      disconnect: disconnectPolicy(random, type),
      networks: random.chance(0.5) ? [this.#network()] : [],
      services: isService && random.chance(0.6) ? [aService(random)] : [],
      shutdownDelayMs: random.chance(0.1) ? 1_000 : 0,
      maxRunDurationMs: !isService && type !== "system" && random.chance(0.1) ? 20_000 : null,
      members: this.#members(type),
    });
  }

  #constraint(): ConstraintSpec {
    const random = this.#random;
    if (random.chance(0.5)) return { attribute: "", operator: "distinct_hosts", value: "true" };
    return { attribute: "${meta.rack}", operator: "=", value: random.pick(["r0", "r1", "r9"]) };
  }

  #network() {
    const isStatic = this.#random.chance(0.3);
    return aNetwork({ http: isStatic ? this.#random.between(8_000, 8_002) : null });
  }

  #members(type: GroupJobType): MemberSpec[] {
    const random = this.#random;
    const isLasting = type === "service" || type === "system";
    const members = [this.#member("main", isLasting ? this.#serve() : this.#work(), null)];
    if (random.chance(0.2)) {
      const hook = { hook: "prestart", sidecar: false } as const;
      members.push(this.#member("init", this.#task(500), hook));
    }
    if (random.chance(0.15)) {
      const hook = { hook: random.pick(["prestart", "poststart"] as const), sidecar: true };
      members.push(this.#member("beside", this.#serve(), hook));
    }
    if (random.chance(0.1)) {
      const hook = { hook: "poststop", sidecar: false } as const;
      members.push(this.#member("after", this.#task(500), hook));
    }
    return members;
  }

  #member(name: string, command: string, lifecycle: MemberSpec["lifecycle"]): MemberSpec {
    const random = this.#random;
    return aMember({
      name,
      lifecycle,
      config: { command },
      restart: restartPolicy(random),
      leader: lifecycle === null && random.chance(0.2),
      killTimeoutMs: random.pick([1_000, 5_000]),
      shutdownDelayMs: random.chance(0.1) ? 500 : 0,
      resources: {
        cpuMhz: random.pick([50, 100, 500]),
        cores: 0,
        memoryMb: random.pick([50, 200, 600]),
        memoryMaxMb: 0,
      },
    });
  }

  #serve(): string {
    const { crashMeanMs, failPercent, brokenPercent, sickPercent } = this.#habits;
    const words = ["serve", crashMeanMs, failPercent, "broken", brokenPercent, "sick", sickPercent];
    if (this.#random.chance(0.1)) words.push("stubborn");
    return words.join(" ");
  }

  #work(): string {
    return this.#task(this.#habits.durationMaxMs);
  }

  #task(durationMaxMs: number): string {
    const random = this.#random;
    const words = ["work", random.skewed(0, durationMaxMs), Math.min(50, this.#habits.failPercent)];
    if (random.chance(0.1)) words.push("stubborn");
    return [...words, "broken", this.#habits.brokenPercent].join(" ");
  }
}

export function groupsSpec(name: string, groups: readonly GroupSpec[]): GroupsSpec {
  return {
    name,
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
    groups,
  };
}
