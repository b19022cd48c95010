import type { Reply } from "../engine/input.ts";
import type { Actor, ContentPatch, FleetRequest } from "../fleet/input.ts";
import type { MachineInput } from "../machine/machine.ts";
import type { ScheduleEntry } from "../model/fleet/definition.ts";
import type { NodeAmount, RollingPolicy } from "../model/fleet/rolling.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

const DEFINITIONS_MAX = 4;
const RETRY_MS = 2_000;
const CALM_AGAIN_MS = 10_000;
const PEOPLE = [
  ["manager", 1],
  ["owner", 2],
  ["runner", 2],
] as const;
/** Keys that scripts name and groups define, or not. */
const KEYS = ["A", "B"];

const STOP = { request: "stopInstance", reason: "enough" } as const;

type Ask = (input: MachineInput, settle: (reply: Reply | null) => void) => void;

/** People who define scripts, approve them, run them on nodes, run nodes again and stop runs, in and out of turn. */
export class FleetWorkload {
  readonly #world: World;
  readonly #random: Random;
  readonly #ask: Ask;
  readonly #meanPauseMs: number;
  readonly #durationMaxMs: number;
  readonly #failPercent: number;
  readonly #startWithinMs: number;
  #isCalm = false;

  constructor(world: World, ask: Ask) {
    const { random } = world;
    this.#world = world;
    this.#random = random;
    this.#ask = ask;
    this.#meanPauseMs = random.between(1_000, 10_000);
    this.#durationMaxMs = random.pick([100, 5_000, 60_000]);
    this.#failPercent = random.pick([0, 0, 5, 30]);
    this.#startWithinMs = random.pick([2_000, 30_000, 300_000]);
  }

  begin(): void {
    this.#must(null, { request: "makeFirstUser", id: "admin" }, () => this.#people(0));
  }

  #people(index: number): void {
    const person = PEOPLE[index];
    if (person === undefined) {
      this.#work();
      return;
    }
    const [id, role] = person;
    const profile = { name: id, phone: "1", email: "a@b", description: "" };
    this.#must(null, { request: "createUser", id, profile, passwordHash: "" }, () =>
      this.#must(
        "admin",
        { request: "editUser", user: id, profile: {}, role, status: "enable" },
        () => this.#people(index + 1),
      ),
    );
  }

  /** No faults any more: nothing is started by the clock from now on. */
  calm(): void {
    const { definitions, revisions } = this.#world.disk.fleet;
    for (const { number, id, working } of definitions.values()) {
      const running = revisions.get(number)?.at(-1);
      if (running?.content.byScheduler !== true && !working.byScheduler) continue;
      const content = { byScheduler: false };
      this.#must("owner", { request: "editDefinition", definition: id, content }, () =>
        this.#approve(id),
      );
    }
    for (const { number, endedAt, rolling } of this.#world.disk.fleet.instances.values()) {
      if (endedAt !== null || rolling === undefined || rolling.state.state === "running") continue;
      // Not all of them may go on: what they run may not be approved any more, and some pause again after each batch.
      if (this.#isCalm) this.#try("admin", { ...STOP, instance: number, node: null });
      else this.#resume(number);
    }
    this.#isCalm = true;
    // A request may be lost, and an earlier one may still approve such a definition.
    this.#world.agenda.after(CALM_AGAIN_MS, () => this.calm());
  }

  #actor(by: string | null): Actor | null {
    if (by === null) return null;
    for (const { id, number, role } of this.#world.disk.fleet.users.values()) {
      if (id === by) return { user: number, level: role };
    }
    return null;
  }

  #send(by: string | null, request: FleetRequest, settle: (reply: Reply | null) => void): void {
    this.#ask({ kind: "fleet", request, actor: this.#actor(by) }, settle);
  }

  #try(by: string, request: FleetRequest): void {
    this.#send(by, request, () => undefined);
  }

  /** Asked again until it is answered: the server may be down. What it answers does not matter. */
  #must(by: string | null, request: FleetRequest, then: () => void): void {
    this.#send(by, request, (reply) => {
      if (reply !== null) then();
      else this.#world.agenda.after(RETRY_MS, () => this.#must(by, request, then));
    });
  }

  #work(): void {
    this.#world.agenda.after(this.#random.exponential(this.#meanPauseMs), () => {
      if (this.#isCalm) return;
      this.#act();
      this.#work();
    });
  }

  #act(): void {
    const random = this.#random;
    const { definitions, instances } = this.#world.disk.fleet;
    const action = random.between(1, 20);
    if (action <= 3 || definitions.size === 0) this.#define();
    else if (action <= 7) this.#changeNode();
    else if (action <= 9) this.#changeGroup();
    else if (action === 10) this.#changeDefinition();
    else if (action <= 16 || instances.size === 0) this.#run();
    else if (action <= 18) this.#rerun();
    else if (random.chance(0.5)) this.#resume(this.#anyInstance());
    else this.#stop(this.#anyInstance(), random.chance(0.5) ? this.#anyNode() : null);
  }

  #anyNode(): string {
    const ids = [...this.#world.disk.nodes.values()].map(({ id }) => id);
    return ids.length === 0 ? "nonode" : this.#random.pick(ids);
  }

  #anyNodes(): string[] {
    const ids = [...this.#world.disk.nodes.values()].map(({ id }) => id);
    return ids.filter(() => this.#random.chance(0.7));
  }

  #anyDefinition(): string {
    return `def${this.#random.between(1, DEFINITIONS_MAX)}`;
  }

  #definitions(): string[] {
    return [...this.#world.disk.fleet.definitions.values()].map(({ id }) => id);
  }

  #anyInstance(): number {
    return this.#random.pick([...this.#world.disk.fleet.instances.keys()]);
  }

  #changeNode(): void {
    const random = this.#random;
    const node = this.#anyNode();
    if (random.chance(0.03)) this.#try("admin", { request: "deleteNode", node });
    else {
      const status = random.chance(0.85) ? "enable" : "disable";
      this.#try(random.pick(["owner", "admin"]), { request: "editNode", node, status });
    }
  }

  #changeGroup(): void {
    const random = this.#random;
    const nodeGroup = random.pick(["g1", "g2"]);
    const action = random.between(1, 5);
    if (action === 1) {
      this.#try("manager", { request: "createNodeGroup", id: nodeGroup, description: "" });
    } else if (action <= 3) {
      const request = random.chance(0.8) ? "addGroupNode" : "removeGroupNode";
      this.#try("manager", { request, nodeGroup, node: this.#anyNode() });
    } else {
      const value = random.pick(["1", "1", "2"]);
      this.#try("manager", { request: "setAttribute", nodeGroup, key: random.pick(KEYS), value });
    }
  }

  #content(): ContentPatch & Pick<Required<ContentPatch>, "script" | "osUser"> {
    const random = this.#random;
    const words = ["work", random.skewed(0, this.#durationMaxMs), this.#failPercent];
    if (random.chance(0.05)) words.push("stubborn");
    if (random.chance(0.03)) words.push("nofiles");
    if (random.chance(0.03)) words.push("noprogram");
    return {
      script: {
        name: `${words.join("-")}.sh`,
        sha256: "0".repeat(64),
        sizeBytes: 10,
        words: random.chance(0.1) ? [random.pick(KEYS)] : [],
      },
      osUser: null,
      byOnDemand: random.chance(0.9),
      byScheduler: random.chance(0.3),
      byTask: random.chance(0.8),
      startWithinMs: this.#startWithinMs,
      nodeTimeoutMs: random.pick([null, null, 10_000]),
      runTimeoutMs: random.pick([null, null, 60_000]),
      asksAgain: random.chance(0.1),
      rolling: random.chance(0.2) ? this.#rolling() : null,
    };
  }

  /** A definition that nodes, schedules, callers and a next task are given, and that is mostly approved. */
  #define(): void {
    const random = this.#random;
    const definition = this.#anyDefinition();
    const content = this.#content();
    this.#must(
      "owner",
      { request: "createDefinition", id: definition, description: "", content },
      () => {
        const targets = { nodes: this.#anyNodes(), nodeGroups: random.chance(0.2) ? ["g1"] : [] };
        this.#try("owner", { request: "addTargets", definition, targets });
        const runners = { users: ["runner"], userGroups: [], definitions: this.#definitions() };
        this.#try("owner", { request: "addRunners", definition, runners });
        this.#try("owner", { request: "addSchedule", definition, schedule: this.#schedule() });
        this.#next(definition);
        if (random.chance(0.9)) this.#approve(definition);
      },
    );
  }

  #schedule(): ScheduleEntry {
    return {
      id: "s",
      when: { form: "cron", cron: this.#random.pick(["* * * * *", "*/20 * * * * * *"]) },
      timeZone: "UTC",
      status: "enable",
    };
  }

  #next(definition: string): void {
    const others = this.#definitions().filter((id) => id !== definition);
    if (others.length === 0 || this.#random.chance(0.4)) return;
    const content = { nextTask: this.#random.pick(others) };
    this.#try("owner", { request: "editDefinition", definition, content });
  }

  #approve(definition: string): void {
    const reason = "";
    this.#must(
      "owner",
      { request: "requestApproval", definition, approver: "manager", reason },
      () => this.#must("manager", { request: "acceptApproval", definition }, () => undefined),
    );
  }

  #changeDefinition(): void {
    const random = this.#random;
    const definition = this.#anyDefinition();
    const action = random.between(1, 5);
    if (action === 1) this.#try("owner", { request: "deleteDefinition", definition });
    else if (action === 2) {
      this.#try("owner", { request: "acceptApproval", definition });
    } else {
      this.#must(
        "owner",
        { request: "editDefinition", definition, content: this.#content() },
        () => {
          this.#next(definition);
          this.#approve(definition);
        },
      );
    }
  }

  #run(): void {
    const random = this.#random;
    const nodes = random.chance(0.2) ? [this.#anyNode()] : null;
    this.#try(random.pick(["owner", "runner", "manager"]), {
      request: "runDefinition",
      definition: this.#anyDefinition(),
      nodes,
      arguments: ["a b", ";"],
      ...(random.chance(0.3) ? { rolling: this.#rolling() } : {}),
    });
  }

  #rerun(): void {
    const nodes = [this.#anyNode(), ...(this.#random.chance(0.2) ? [this.#anyNode()] : [])];
    this.#try("owner", { request: "rerunNodes", instance: this.#anyInstance(), nodes });
  }

  #stop(instance: number, node: string | null): void {
    const by = this.#random.pick(["owner", "admin"]);
    this.#try(by, { ...STOP, instance, node });
  }

  #resume(instance: number): void {
    this.#try("owner", { request: "resumeInstance", instance });
  }

  #rolling(): RollingPolicy {
    const random = this.#random;
    const amount = (): NodeAmount =>
      random.chance(0.5)
        ? { unit: "nodes", size: random.between(1, 4) }
        : { unit: "percent", size: random.between(1, 100) };
    const mostlyNot = () => (random.chance(0.3) ? amount() : null);
    return {
      batch: amount(),
      canary: mostlyNot(),
      pauseMs: random.pick([0, 0, 5_000, null]),
      stopAfterFailures: { perBatch: mostlyNot(), inTotal: mostlyNot() },
    };
  }
}
