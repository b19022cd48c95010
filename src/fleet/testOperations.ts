import type { RollingNote } from "../model/event.ts";
import type { FleetEvent, FleetEventType } from "../model/fleet/fleetEvent.ts";
import type { RoleLevel } from "../model/fleet/person.ts";
import type { FleetRunSpec, FleetTarget, ScriptSource } from "../model/fleet/run.ts";
import type { NodeNumber } from "../model/id.ts";
import { requestError } from "../model/requestError.ts";
import { applyFleet } from "./apply.ts";
import type { ContentPatch, FleetRequest } from "./input.ts";
import { fireSchedules } from "./instances/due.ts";
import { runEnded } from "./instances/ended.ts";
import type { FleetReply } from "./reply.ts";
import { type Fleet, newFleet } from "./state.ts";
import type { FleetNode, World } from "./world.ts";

export const SCRIPT: ScriptSource = {
  name: "diskusage.sh",
  sha256: "0".repeat(64),
  sizeBytes: 10,
  words: [],
};

/** A run that the machine of nodes was told to begin. */
export interface StartedRun {
  readonly job: number;
  readonly run: FleetRunSpec;
  readonly targets: readonly FleetTarget[];
}

/** Fleet operations with people and nodes that a test plays by hand. */
export class TestOperations {
  readonly fleet: Fleet = newFleet();
  readonly nodes = new Map<NodeNumber, FleetNode>();
  readonly runs: StartedRun[] = [];
  readonly reruns: { job: number; nodes: readonly NodeNumber[] }[] = [];
  /** Targets of each run that were not released. */
  readonly held = new Map<number, number>();
  readonly notes: (RollingNote & { readonly job: number })[] = [];
  readonly told: FleetEvent[] = [];
  readonly stops: { job: number; node: NodeNumber | null; reason: string }[] = [];
  readonly world: World = {
    findNode: (id) => [...this.nodes.values()].find((node) => node.id === id) ?? null,
    node: (number) => this.nodes.get(number) ?? null,
    editNode: (number, { updatedBy: _, description: __, ...patch }) => {
      const node = this.nodes.get(number);
      if (node !== undefined) this.nodes.set(number, { ...node, ...patch });
      return null;
    },
    removeNode: (number) => {
      this.nodes.delete(number);
      return null;
    },
    startRun: (run, targets, { released }) => {
      const job = this.runs.length + 1;
      this.runs.push({ job, run, targets });
      this.held.set(job, released === null ? 0 : targets.length - released);
      return job;
    },
    release: (job, count) => {
      const held = this.held.get(job) ?? 0;
      const released = Math.min(count, held);
      this.held.set(job, held - released);
      return released;
    },
    hold: () => 0,
    tell: (event) => {
      this.told.push(event);
    },
    noteRolling: (job, note) => {
      this.notes.push({ job, ...note });
    },
    rerun: (job, nodes) => {
      if (this.refusesReruns) return requestError("TargetNotEnded", "It runs.", "Wait.");
      this.reruns.push({ job, nodes });
      return null;
    },
    stop: (job, node, reason) => {
      this.stops.push({ job, node, reason });
      return null;
    },
  };
  refusesReruns = false;

  constructor() {
    // 2026-11-21 00:00 UTC.
    this.fleet.now = 1_795_219_200_000;
    for (const [id, role] of [
      ["admin", 0],
      ["manager", 1],
      ["other", 1],
      ["owner", 2],
      ["operator", 2],
      ["guest", 3],
    ] as const) {
      this.user(id, role);
    }
  }

  user(id: string, role: RoleLevel): void {
    this.fleet.counters.user += 1;
    this.fleet.users.put({
      number: this.fleet.counters.user,
      id,
      name: id,
      phone: "1",
      email: "a@b",
      description: "",
      role,
      status: "enable",
      passwordHash: null,
      lastLoginAt: null,
      createdAt: 0,
      createdBy: null,
      updatedAt: null,
      updatedBy: null,
    });
  }

  node(id: string, node: Partial<FleetNode> = {}): void {
    const number = this.nodes.size + 1;
    this.nodes.set(number, {
      number,
      id,
      owner: null,
      status: "enable",
      accepts: true,
      poolId: "default",
      ...node,
    });
  }

  /** By a user; null: by nobody. */
  ask(by: string | null, request: FleetRequest): FleetReply {
    const user = by === null ? undefined : this.fleet.users.find(by);
    const actor = user === undefined ? null : { user: user.number, level: user.role };
    const named = "instance" in request ? request.instance : 0;
    const loaded = this.fleet.changedInstances.get(named) ?? null;
    return applyFleet(this.fleet, this.world, request, actor, loaded);
  }

  /** Throws what it was refused for. */
  must(by: string, request: FleetRequest): FleetReply & { ok: true } {
    const reply = this.ask(by, request);
    if (!reply.ok) throw new Error(`${reply.error.code}: ${reply.error.message}`);
    return reply;
  }

  /** Done, or the code of the refusal. */
  code(by: string | null, request: FleetRequest): string {
    const reply = this.ask(by, request);
    return reply.ok ? "done" : reply.error.code;
  }

  /** An approved definition of `owner`, that people and other tasks may start, on these nodes. */
  definition(id: string, nodes: readonly string[], content: ContentPatch = {}): void {
    this.must("owner", {
      request: "createDefinition",
      id,
      description: "",
      content: { script: SCRIPT, osUser: null, byOnDemand: true, byTask: true, ...content },
    });
    if (nodes.length > 0) {
      const targets = { nodes, nodeGroups: [] };
      this.must("owner", { request: "addTargets", definition: id, targets });
    }
    this.approve(id);
  }

  approve(id: string): void {
    this.must("owner", {
      request: "requestApproval",
      definition: id,
      approver: "manager",
      reason: "",
    });
    this.must("manager", { request: "acceptApproval", definition: id });
  }

  run(by: string, definition: string, nodes: readonly string[] | null = null): FleetReply {
    return this.ask(by, { request: "runDefinition", definition, nodes, arguments: [] });
  }

  /** All targets of a run have ended. */
  end(job: number, failed = 0): void {
    const targets = this.runs[job - 1]?.targets.length ?? 0;
    runEnded(this.fleet, this.world, job, { succeeded: targets - failed, failed });
  }

  pass(durationMs: number): void {
    this.fleet.now += durationMs;
    fireSchedules(this.fleet, this.world);
  }

  /** Bodies of the events of this type since the last look. */
  takeTold(type: FleetEventType): Readonly<Record<string, unknown>>[] {
    return this.told.splice(0).flatMap((event) => (event.type === type ? [event.body] : []));
  }
}
