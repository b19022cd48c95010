import type { NewTask, Reply } from "../engine/input.ts";
import type { MachineInput } from "../machine/machine.ts";
import type { JobSpec } from "../model/job.ts";
import type { DeallocationOption, PoolSpec } from "../model/pool.ts";
import type { PreparationSpec, ReleaseSpec, TaskSpec } from "../model/taskSpec.ts";
import { FleetWorkload } from "./fleetWorkload.ts";
import { GroupWorkload } from "./groupWorkload.ts";
import { Machine } from "./machine.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

const OPTIONS: readonly DeallocationOption[] = [
  "requeue",
  "terminate",
  "taskcompletion",
  "retaineddata",
];
const JOB_IDS_MAX = 12;
const SLOTS_MAX = 4;
const LONG_MIN_MS = 60_000;
const LONG_MAX_MS = 300_000;
/** Of the runs: in the others there are only tasks. */
const GROUPS_SHARE = 0.7;
const FLEET_SHARE = 0.5;
/** Of a run, so that it stays short. */
const TASKS_MAX = 600;

/** How busy the users of a run are, drawn first. */
interface Habits {
  readonly pools: number;
  readonly jobsMax: number;
  readonly tasksMax: number;
  readonly failPercent: number;
  readonly durationMaxMs: number;
  /** Of a task that outlasts the loss of its node. */
  readonly longChance: number;
  readonly meanPauseMs: number;
  /** Chance that a request disturbs (disable, delete, reboot, ...) rather than adds work. */
  readonly disturbance: number;
}

/** Users who ask for random things, some of which make no sense. */
export class Workload {
  readonly #world: World;
  readonly #random: Random;
  readonly #habits: Habits;
  readonly #pools: PoolSpec[] = [];
  /** Tasks per job id that were asked for. */
  readonly jobs = new Map<string, string[]>();
  readonly #hasGroups: boolean;
  /** Null: nobody runs groups. */
  #groups: GroupWorkload | null = null;
  readonly #hasFleet: boolean;
  /** Null: nobody runs scripts. */
  #fleet: FleetWorkload | null = null;
  #taskCount = 0;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random;
    const { random } = world;
    const durationMaxMs = random.pick([100, 5_000, 60_000]);
    this.#habits = {
      pools: random.between(1, 3),
      jobsMax: random.between(1, 8),
      tasksMax: random.chance(0.1) && durationMaxMs <= 5_000 ? 400 : random.between(1, 40),
      failPercent: random.pick([0, 10, 40]),
      durationMaxMs,
      longChance: random.pick([0, 0.02, 0.15]),
      meanPauseMs: random.between(500, 15_000),
      disturbance: random.pick([0, 0.2, 0.5, 0.7]),
    };
    this.#hasGroups = random.chance(GROUPS_SHARE);
    this.#hasFleet = random.chance(FLEET_SHARE);
  }

  begin(): void {
    for (let number = 1; number <= this.#habits.pools; number += 1) this.#newPool(number);
    this.#work();
    const ask = (input: MachineInput, settle?: (reply: Reply | null) => void) =>
      this.#ask(input, settle);
    if (this.#hasGroups) {
      this.#groups = new GroupWorkload(this.#world, this.#pools, ask);
      this.#groups.begin();
    }
    if (!this.#hasFleet) return;
    this.#fleet = new FleetWorkload(this.#world, ask);
    this.#fleet.begin();
  }

  /** The faults have stopped. */
  calm(): void {
    this.#groups?.calm();
    this.#fleet?.calm();
  }

  #ask(input: MachineInput, settle: (reply: Reply | null) => void = () => undefined): void {
    this.#world.checks.asked(input);
    this.#world.server.submit(input, (reply) => {
      this.#world.checks.answered(input, reply);
      settle(reply);
    });
  }

  #newPool(number: number): void {
    const random = this.#random;
    const isProvided = random.chance(0.6);
    const spec: PoolSpec = {
      id: `pool${number}`,
      displayName: null,
      provider: isProvided ? "local" : "none",
      vmSize: "local",
      taskSlotsPerNode: random.between(1, SLOTS_MAX),
      nodeFillType: random.pick(["spread", "pack"]),
      resizeTimeoutMs: random.pick([300_000, 900_000]),
      targetDedicatedNodes: isProvided ? random.between(0, 4) : 0,
      accepts: ["batch", "groups", "fleet"],
      metadata: [],
    };
    this.#pools.push(spec);
    // A pool without an answer is asked for again: with it, the run would have no work.
    const ask = () => {
      this.#ask({ kind: "createPool", spec }, (reply) => {
        if (reply === null) this.#world.agenda.after(2_000, ask);
      });
    };
    ask();
    if (isProvided) return;
    for (let index = 1; index <= random.between(1, 4); index += 1) {
      const name = `host${number}-${index}`;
      const slots = random.pick([0, spec.taskSlotsPerNode, random.between(1, SLOTS_MAX)]);
      const machine = { name, guid: name, poolId: spec.id, isProvided: false, slots };
      this.#world.machines.push(new Machine(this.#world, machine));
    }
  }

  #work(): void {
    const { agenda } = this.#world;
    agenda.after(this.#random.exponential(this.#habits.meanPauseMs), () => {
      if (!this.#world.isFaulty) return;
      this.#act();
      this.#work();
    });
  }

  #act(): void {
    if (this.jobs.size > 0 && this.#random.chance(this.#habits.disturbance)) this.#disturb();
    else if (this.jobs.size < this.#habits.jobsMax || this.#random.chance(0.1)) this.#newJob();
    else this.#addTasks(this.#anyJob());
  }

  #anyJob(): string {
    const known = [...this.jobs.keys()];
    return this.#random.chance(0.03) ? "nojob" : this.#random.pick(known);
  }

  #anyTask(job: string): string {
    const known = this.jobs.get(job) ?? [];
    return known.length === 0 || this.#random.chance(0.03) ? "notask" : this.#random.pick(known);
  }

  #anyNode(): string {
    const { machines } = this.#world;
    if (machines.length === 0) return "nonode";
    return this.#random.pick(machines).name;
  }

  #newJob(): void {
    const random = this.#random;
    const id = `job${random.between(1, JOB_IDS_MAX)}`;
    const spec = this.#jobSpec(id);
    if (!this.jobs.has(id)) this.jobs.set(id, []);
    if (random.chance(0.4)) {
      this.#ask({ kind: "createJobWithTasks", spec, tasks: this.#newTasks(id) });
    } else {
      this.#ask({ kind: "createJob", spec });
      if (random.chance(0.9)) this.#addTasks(id);
    }
  }

  #jobSpec(id: string): JobSpec {
    const random = this.#random;
    const preparation = random.chance(0.5) ? this.#preparation() : null;
    return {
      id,
      type: "batch",
      displayName: null,
      priority: random.pick([0, 0, 0, 10, -5]),
      maxParallelTasks: random.pick([-1, -1, 1, 3]),
      onAllTasksComplete: random.chance(0.2) ? "terminatejob" : "noaction",
      maxWallClockMs: random.chance(0.1) ? random.between(10_000, 300_000) : null,
      maxTaskRetryCount: random.pick([0, 0, 1, 3]),
      poolId: random.chance(0.03) ? "nopool" : random.pick(this.#pools).id,
      preparation,
      release: preparation !== null && random.chance(0.6) ? this.#release() : null,
      commonEnvironmentSettings: [],
      metadata: [],
    };
  }

  #command(durationMaxMs: number): string {
    const random = this.#random;
    const { failPercent } = this.#habits;
    const isLong = random.chance(this.#habits.longChance);
    const durationMs = isLong
      ? random.between(LONG_MIN_MS, LONG_MAX_MS)
      : random.skewed(0, durationMaxMs);
    const words = ["work", durationMs, failPercent];
    if (random.chance(0.05)) words.push("stubborn");
    if (random.chance(0.02)) words.push("nofiles");
    if (random.chance(0.02)) words.push("noprogram");
    return words.join(" ");
  }

  #preparation(): PreparationSpec {
    const random = this.#random;
    return {
      id: "jobpreparation",
      commandLine: this.#command(Math.min(this.#habits.durationMaxMs, 20_000)),
      maxTaskRetryCount: random.pick([0, 2, 2]),
      waitForSuccess: random.chance(0.8),
      rerunOnNodeRebootAfterSuccess: random.chance(0.7),
      ...(random.chance(0.1) ? { maxWallClockMs: random.between(1_000, 20_000) } : {}),
      retentionMs: 60_000,
    };
  }

  #release(): ReleaseSpec {
    const maxWallClockMs = this.#random.pick([20_000, 60_000, 120_000]);
    return { id: "jobrelease", commandLine: this.#command(10_000), maxWallClockMs, retentionMs: 0 };
  }

  #newTasks(job: string): NewTask[] {
    const random = this.#random;
    const tasks: NewTask[] = [];
    const known = this.jobs.get(job) ?? [];
    // At least one, and as many as there is time for in one run.
    const most = Math.max(1, Math.min(this.#habits.tasksMax, TASKS_MAX - this.#taskCount));
    for (let count = random.between(1, most); count > 0; count -= 1) {
      this.#taskCount += 1;
      const id =
        known.length > 0 && random.chance(0.02) ? random.pick(known) : `t${this.#taskCount}`;
      tasks.push({ id, spec: this.#taskSpec() });
    }
    this.jobs.set(job, [...known, ...tasks.map(({ id }) => id)]);
    return tasks;
  }

  #taskSpec(): TaskSpec {
    const random = this.#random;
    return {
      commandLine: this.#command(this.#habits.durationMaxMs),
      retentionMs: random.pick([0, 10_000, 120_000]),
      ...(random.chance(0.2) ? { requiredSlots: random.between(1, SLOTS_MAX) } : {}),
      ...(random.chance(0.2) ? { maxTaskRetryCount: random.pick([0, 1, 5]) } : {}),
      ...(random.chance(0.1) ? { maxWallClockMs: random.between(100, 30_000) } : {}),
      ...(random.chance(0.1) ? { affinityId: this.#anyNode() } : {}),
    };
  }

  #addTasks(job: string): void {
    this.#ask({ kind: "addTasks", job, tasks: this.#newTasks(job) });
  }

  #disturb(): void {
    const kind = this.#random.between(1, 10);
    if (kind <= 4) this.#disturbJob();
    else if (kind <= 7) this.#disturbTask();
    else if (kind === 8) this.#disturbPool();
    else this.#disturbNode();
  }

  #disturbJob(): void {
    const random = this.#random;
    const job = this.#anyJob();
    const action = random.between(1, 9);
    if (action <= 2) {
      const disableTasks = random.pick(["requeue", "terminate", "wait"] as const);
      this.#ask({ kind: "disableJob", job, disableTasks });
      if (random.chance(0.8)) this.#enableLater(job);
    } else if (action <= 4) this.#ask({ kind: "enableJob", job });
    else if (action === 5) this.#ask({ kind: "terminateJob", job, reason: "UserTerminate" });
    else if (action === 6) this.#ask({ kind: "deleteJob", job });
    else this.#updateJob(job);
  }

  #enableLater(job: string): void {
    this.#world.agenda.after(this.#random.exponential(20_000), () => {
      this.#ask({ kind: "enableJob", job });
    });
  }

  #updateJob(job: string): void {
    const random = this.#random;
    this.#ask({
      kind: "updateJob",
      job,
      patch: random.pick([
        { priority: random.between(-10, 10) },
        { maxParallelTasks: random.pick([-1, 1, 2, 5]) },
        { onAllTasksComplete: "terminatejob" as const },
        { maxTaskRetryCount: random.between(0, 3) },
        { maxWallClockMs: random.pick([null, 60_000, 600_000]) },
        { poolId: random.pick(this.#pools).id },
      ]),
    });
  }

  #disturbTask(): void {
    const random = this.#random;
    const job = this.#anyJob();
    const task = this.#anyTask(job);
    const kind = random.pick([
      "terminateTask",
      "reactivateTask",
      "deleteTask",
      "updateTask",
    ] as const);
    if (kind !== "updateTask") this.#ask({ kind, job, task });
    else {
      const constraints = { maxTaskRetryCount: random.between(0, 4), retentionMs: 10_000 };
      this.#ask({ kind, job, task, constraints });
    }
  }

  #disturbPool(): void {
    const random = this.#random;
    const spec = random.pick(this.#pools);
    const pool = spec.id;
    const option = random.pick(OPTIONS);
    const timeoutMs = random.pick([null, 300_000]);
    const action = random.between(1, 12);
    if (action <= 6) {
      const targetDedicatedNodes = random.between(0, spec.provider === "local" ? 5 : 1);
      this.#ask({ kind: "resizePool", pool, targetDedicatedNodes, option, timeoutMs });
    } else if (action <= 8) this.#ask({ kind: "stopResize", pool });
    else if (action <= 10) {
      const nodes = [this.#anyNode()];
      this.#ask({ kind: "removeNodes", pool, nodes, option, timeoutMs });
    } else if (action === 11) {
      this.#ask({
        kind: "updatePool",
        pool,
        patch: { nodeFillType: random.pick(["spread", "pack"]) },
      });
    } else {
      this.#ask({ kind: "deletePool", pool });
      if (random.chance(0.7)) {
        this.#world.agenda.after(random.exponential(60_000), () => {
          this.#ask({ kind: "createPool", spec });
        });
      }
    }
  }

  #disturbNode(): void {
    const random = this.#random;
    const node = this.#anyNode();
    const action = random.between(1, 5);
    if (action <= 2) this.#ask({ kind: "rebootNode", node, option: random.pick(OPTIONS) });
    else if (action === 3) this.#ask({ kind: "enableScheduling", node });
    else {
      const option = random.pick(["requeue", "terminate", "taskcompletion"] as const);
      this.#ask({ kind: "disableScheduling", node, option });
      if (random.chance(0.8)) {
        this.#world.agenda.after(random.exponential(20_000), () => {
          this.#ask({ kind: "enableScheduling", node });
        });
      }
    }
  }
}
