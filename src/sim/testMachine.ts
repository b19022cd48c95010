import type { Effect } from "../engine/effect.ts";
import type { Reply } from "../engine/input.ts";
import { restore } from "../engine/restore.ts";
import { DEFAULT_SETTINGS } from "../engine/state.ts";
import { POOL, resultOf } from "../engine/testFleet.ts";
import { TestStore } from "../engine/testStore.ts";
import type { ContentPatch, FleetRequest } from "../fleet/input.ts";
import { restoreFleet } from "../fleet/restore.ts";
import { DEFAULT_FLEET_SETTINGS } from "../fleet/state.ts";
import { LoopCore } from "../machine/loopCore.ts";
import { type MachineInput, ServerMachine } from "../machine/machine.ts";
import type { RoleLevel } from "../model/fleet/person.ts";
import type { StartOrder } from "../model/order.ts";
import { readAnswers, readJobs } from "./reads.ts";

const PEOPLE: readonly (readonly [string, RoleLevel])[] = [
  ["admin", 0],
  ["manager", 1],
  ["owner", 2],
];

/** Engine and fleet operations on a store, with nodes that a test plays by hand. */
export class TestMachine {
  readonly store = new TestStore();
  core = this.#open();
  effects: Effect[] = [];
  now = 1_000;

  constructor() {
    const { fleet } = this.core.machine;
    for (const [id, role] of PEOPLE) {
      fleet.counters.user += 1;
      const person = { name: id, phone: "", email: "", description: "", role, passwordHash: null };
      const stamps = { createdAt: 0, createdBy: null, updatedAt: null, updatedBy: null };
      const number = fleet.counters.user;
      fleet.users.put({ number, id, ...person, status: "enable", lastLoginAt: null, ...stamps });
    }
    this.send({ kind: "createPool", spec: { ...POOL, accepts: ["fleet"] } });
  }

  #open(): LoopCore<null> {
    const engine = restore(this.store.readLive(), 1, DEFAULT_SETTINGS);
    const fleet = restoreFleet(this.store.fleet.readLive(), DEFAULT_FLEET_SETTINGS);
    return new LoopCore(new ServerMachine(engine, fleet));
  }

  /** The server dies after its last commit, and comes back. */
  restart(): void {
    this.effects = [];
    this.core = this.#open();
  }

  /** Its effects are lost when the server dies right after the commit. */
  send(input: MachineInput): Reply {
    this.now += 1;
    const jobs = readJobs(this.store, this.core.collect([{ input, caller: null }]));
    const answers = readAnswers(this.store, this.core.admit(jobs));
    const { commit, release } = this.core.apply(answers, this.now);
    if (commit !== null) this.store.apply(commit.changes);
    const released = commit === null ? release : this.core.committed().release;
    for (const batch of released) this.effects.push(...batch.effects);
    const reply = released.flatMap(({ replies }) => replies)[0]?.reply;
    if (reply === undefined) throw new Error("no reply");
    return reply;
  }

  as(id: string, request: FleetRequest): Reply {
    const user = this.core.machine.fleet.users.find(id);
    const actor = user === undefined ? null : { user: user.number, level: user.role };
    return this.send({ kind: "fleet", request, actor });
  }

  must(id: string, request: FleetRequest): void {
    const reply = this.as(id, request);
    if (!reply.ok) throw new Error(reply.error.message);
  }

  node(id: string): void {
    const facts = {
      agentVersion: "0",
      hostname: id,
      os: "linux",
      ipAddress: "127.0.0.1",
      cores: 1,
      memoryBytes: 1,
      canReboot: false,
    };
    this.send({ kind: "nodeJoined", guid: id, name: id, pool: "pool", slots: 1, facts });
    this.connect(id);
  }

  connect(id: string): void {
    const facts = this.core.engine.nodes.get(this.number(id))?.record.facts;
    if (facts === null || facts === undefined) throw new Error("no facts");
    const link = { linkId: `${id}-${this.now}`, bootId: "boot", slots: 1 };
    this.send({ kind: "nodeConnected", guid: id, ...link, facts, held: [] });
  }

  number(guid: string): number {
    return this.core.engine.nodesByGuid.get(guid) ?? 0;
  }

  definition(id: string, nodes: readonly string[], more: ContentPatch = {}): void {
    const script = { name: "a.sh", sha256: "0".repeat(64), sizeBytes: 1, words: [] };
    const content = { script, osUser: null, byOnDemand: true, byTask: true };
    this.must("owner", {
      request: "createDefinition",
      id,
      description: "",
      content: { ...content, ...more },
    });
    const targets = { nodes, nodeGroups: [] };
    this.must("owner", { request: "addTargets", definition: id, targets });
    this.approve(id);
  }

  approve(definition: string): void {
    this.must("owner", { request: "requestApproval", definition, approver: "manager", reason: "" });
    this.must("manager", { request: "acceptApproval", definition });
  }

  starts(): StartOrder[] {
    const orders = this.effects.flatMap((entry) => (entry.effect === "start" ? [entry.order] : []));
    this.effects = [];
    return orders;
  }

  end(order: StartOrder, exitCode = 0): void {
    const node = this.core.engine.nodesById.get(order.nodeId) ?? 0;
    const progress = this.core.engine.nodes.get(node)?.progress;
    const linkId = progress?.linkId ?? "";
    const upTo = (progress?.lastApplied ?? 0) + 1;
    const result = resultOf({ state: "exited", exitCode }, this.now);
    const reports = [{ kind: "ended", execution: order.execution, result }] as const;
    this.send({ kind: "nodeReports", node, linkId, upTo, reports });
  }

  instance(number: number) {
    return this.store.fleet.instances.get(number);
  }

  /** An enabled node with the id `host.NAME`. */
  host(name: string): void {
    this.node(name);
    this.must("owner", {
      request: "editNode",
      node: name,
      newId: `host.${name}`,
      status: "enable",
    });
  }

  disconnect(guid: string): void {
    this.send({ kind: "nodeDisconnected", node: this.number(guid) });
  }

  /** Time passes, and what comes due happens. */
  pass(durationMs: number): void {
    this.now += durationMs;
    this.must("admin", { request: "noteLogin", user: "admin" });
  }
}
