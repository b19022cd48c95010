import type { Input, Reply } from "../engine/input.ts";
import type { GroupSpec, GroupsSpec } from "../model/group.ts";
import type { GroupJobType } from "../model/groupDefaults.ts";
import type { JobSpec } from "../model/job.ts";
import type { PoolSpec } from "../model/pool.ts";
import { drawGroupHabits, GroupSpecs, groupsSpec } from "./groupSpecs.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

const JOBS_MAX = 4;
const VERSIONS_TRIED_MAX = 5;
const RETRY_MS = 2_000;
const CALM_AGAIN_MS = 10_000;

type Ask = (input: Input, settle?: (reply: Reply | null) => void) => void;

/** Users who run jobs of groups, change and promote them, drain nodes, and ask for restarts. */
export class GroupWorkload {
  readonly #world: World;
  readonly #random: Random;
  readonly #ask: Ask;
  readonly #pools: readonly PoolSpec[];
  readonly #specs: GroupSpecs;
  readonly #meanPauseMs: number;
  /** As they were last submitted, by id. */
  readonly #jobs = new Map<string, JobSpec>();
  #dispatches = 0;

  constructor(world: World, pools: readonly PoolSpec[], ask: Ask) {
    this.#world = world;
    this.#random = world.random;
    this.#ask = ask;
    this.#pools = pools;
    this.#specs = new GroupSpecs(world.random, drawGroupHabits(world.random));
    this.#meanPauseMs = world.random.between(2_000, 20_000);
  }

  begin(): void {
    this.#work();
  }

  /** No faults any more: nothing is launched by time from now on. */
  calm(): void {
    for (const job of this.#world.server.engine?.jobs.values() ?? []) {
      const { spec, state } = job.record;
      if (state !== "active" || !spec.groups?.periodic) continue;
      this.#ask({ kind: "terminateJob", job: spec.id, reason: "UserTerminate" });
    }
    // A request may be lost, and an earlier one may still make such a job.
    this.#world.agenda.after(CALM_AGAIN_MS, () => this.calm());
  }

  /** Asked again until it is answered: the server may be down. */
  #until(input: Input): void {
    this.#ask(input, (reply) => {
      if (reply === null) this.#world.agenda.after(RETRY_MS, () => this.#until(input));
    });
  }

  #work(): void {
    this.#world.agenda.after(this.#random.exponential(this.#meanPauseMs), () => {
      if (!this.#world.isFaulty) return;
      this.#act();
      this.#work();
    });
  }

  #act(): void {
    const random = this.#random;
    const [any] = this.#jobs.keys();
    if (any === undefined || (this.#jobs.size < JOBS_MAX && random.chance(0.5))) this.#newJob();
    else if (random.chance(0.45)) this.#changeJob(random.pick([...this.#jobs.values()]));
    else if (random.chance(0.5)) this.#disturbNode();
    else this.#disturbExecution();
  }

  #newJob(): void {
    const random = this.#random;
    const type = random.pick<GroupJobType>(["service", "service", "batch", "system", "sysbatch"]);
    const id = `group${random.between(1, JOBS_MAX)}`;
    const before = this.#jobs.get(id);
    const groups = this.#groupsSpec(id, type);
    this.#submit({
      id,
      type,
      displayName: null,
      priority: random.pick([0, 50, 80]),
      maxParallelTasks: -1,
      onAllTasksComplete: type === "batch" || type === "sysbatch" ? "terminatejob" : "noaction",
      maxWallClockMs: null,
      maxTaskRetryCount: 0,
      poolId: before?.poolId ?? random.pick(this.#pools).id,
      preparation: null,
      release: null,
      commonEnvironmentSettings: [],
      metadata: [],
      groups,
    });
  }

  #submit(spec: JobSpec): void {
    this.#jobs.set(spec.id, spec);
    const checkIndex = this.#random.chance(0.05) ? this.#random.between(0, 2) : null;
    this.#ask({ kind: "registerJob", spec, checkIndex });
  }

  #groupsSpec(id: string, type: GroupJobType): GroupsSpec {
    const random = this.#random;
    const spec = groupsSpec(id, this.#specs.groups(type));
    const isForAWhile = type === "batch" || type === "sysbatch";
    if (!isForAWhile || random.chance(0.6)) return spec;
    if (random.chance(0.5)) {
      const crons = [random.pick(["*/20 * * * * * *", "* * * * *"])];
      const prohibitOverlap = random.chance(0.5);
      return { ...spec, periodic: { enabled: true, crons, prohibitOverlap, timeZone: "UTC" } };
    }
    const parameterized = { payload: "optional", metaRequired: [], metaOptional: ["k"] } as const;
    return { ...spec, parameterized };
  }

  #changeJob(job: JobSpec): void {
    const random = this.#random;
    const { id } = job;
    if (job.groups?.parameterized && random.chance(0.7)) {
      this.#dispatches += 1;
      const suffix = String(this.#dispatches).padStart(8, "0");
      this.#ask({ kind: "dispatchJob", job: id, dispatch: { payload: null, meta: {}, suffix } });
      return;
    }
    if (this.#isTried(id) && random.chance(0.5)) {
      this.#ask({
        kind: "promoteJob",
        job: id,
        groups: random.chance(0.7) ? null : ["g1"],
        user: "sim",
      });
      return;
    }
    const action = random.between(1, 12);
    if (action <= 5) this.#newVersion(job);
    else if (action <= 7) {
      this.#ask({
        kind: "revertJob",
        job: id,
        version: random.between(0, VERSIONS_TRIED_MAX),
        user: "sim",
      });
    } else if (action === 8) {
      this.#ask({ kind: "terminateJob", job: id, reason: "UserTerminate" });
      if (random.chance(0.6)) {
        this.#world.agenda.after(random.exponential(20_000), () => this.#submit(job));
      }
    } else if (action === 9) {
      this.#ask({ kind: "deleteJob", job: id });
      this.#jobs.delete(id);
    } else if (action === 10) {
      this.#ask({
        kind: "disableJob",
        job: id,
        disableTasks: random.pick(["requeue", "terminate"]),
      });
      this.#world.agenda.after(random.exponential(10_000), () => {
        this.#until({ kind: "enableJob", job: id });
      });
    } else if (action === 11) this.#ask({ kind: "forceLaunch", job: id });
    else this.#ask({ kind: "reactivateTask", job: id, task: `${id}.g1[0]` });
  }

  #isTried(id: string): boolean {
    const { engine } = this.#world.server;
    const record = engine?.jobs.get(engine.jobsById.get(id) ?? 0)?.record;
    const groups = Object.values(record?.groups?.deployment?.groups ?? {});
    return groups.some(({ canaries, promoted }) => canaries > 0 && !promoted);
  }

  #newVersion(job: JobSpec): void {
    const random = this.#random;
    const { groups } = job;
    if (groups === undefined) return;
    if (random.chance(0.2)) {
      this.#submit(job);
      return;
    }
    const changed = groups.groups.map((group) => this.#changed(group));
    this.#submit({ ...job, groups: { ...groups, groups: changed } });
  }

  #changed(group: GroupSpec): GroupSpec {
    const random = this.#random;
    if (random.chance(0.3)) return { ...group, count: random.between(0, 5) };
    if (random.chance(0.3)) return { ...group, meta: { at: String(this.#world.agenda.now) } };
    const members = group.members.map((member) => ({
      ...member,
      env: { version: String(this.#world.agenda.now) },
    }));
    return { ...group, members };
  }

  #disturbNode(): void {
    const random = this.#random;
    const { machines, agenda } = this.#world;
    if (machines.length === 0) return;
    const node = random.pick(machines).name;
    if (random.chance(0.3)) {
      this.#ask({ kind: "stopDrain", node, isEligible: true });
      return;
    }
    const deadlineMs = random.pick([null, 0, 10_000, 60_000]);
    const drain = { deadlineMs, ignoreSystemJobs: random.chance(0.3) };
    this.#ask({ kind: "drainNode", node, drain });
    agenda.after(random.exponential(30_000), () => {
      this.#until({ kind: "stopDrain", node, isEligible: true });
      this.#until({ kind: "enableScheduling", node });
    });
  }

  #disturbExecution(): void {
    const random = this.#random;
    const { engine } = this.#world.server;
    const executions = [...(engine?.executions.values() ?? [])].filter(
      ({ execution }) => execution.allocation !== undefined,
    );
    if (executions.length === 0) return;
    const { number } = random.pick(executions).execution;
    if (random.chance(0.4)) this.#ask({ kind: "stopExecution", execution: number });
    else {
      const member = random.pick([null, "main"]);
      const dead = random.chance(0.3);
      this.#ask({ kind: "restartExecution", execution: number, member, dead });
    }
  }
}
