import type { Changes } from "../../model/changes.ts";
import type { ExecutionRecord } from "../../model/execution.ts";
import type { Deployment, DeploymentGroup } from "../../model/groupJob.ts";
import type { JobNumber } from "../../model/id.ts";
import type { JobRecord } from "../../model/job.ts";
import type { World } from "../world.ts";
import { demand } from "./violation.ts";

/** Reasons for which a new version stops what it takes the place of. */
const GIVES_WAY = [
  "alloc is being updated due to job update",
  "alloc not needed due to job update",
];

/** What must hold of canaries in the store, after each commit. */
export class CanaryChecks {
  readonly #world: World;
  /** Executions of groups that are under way, by job, as they were at the commit before. */
  readonly #live = new Map<JobNumber, Map<number, ExecutionRecord>>();
  /** Deployments as they were at the commit before. */
  readonly #deployments = new Map<JobNumber, Deployment>();

  constructor(world: World) {
    this.#world = world;
  }

  committed(changes: Changes): void {
    for (const number of changes.purgedJobs) {
      this.#live.delete(number);
      this.#deployments.delete(number);
    }
    const { disk } = this.#world;
    const touched = new Set<JobNumber>();
    for (const execution of changes.executions.values()) {
      if (execution.allocation === undefined || !disk.jobs.has(execution.job)) continue;
      touched.add(execution.job);
      this.#checkStep(execution);
      const live = this.#live.get(execution.job) ?? new Map<number, ExecutionRecord>();
      this.#live.set(execution.job, live);
      if (isOver(execution)) live.delete(execution.number);
      else live.set(execution.number, execution);
    }
    for (const [number, job] of changes.jobs) if (job?.groups) touched.add(number);
    for (const number of touched) {
      const job = disk.jobs.get(number);
      const deployment = job?.groups?.deployment ?? null;
      if (job === undefined || deployment === null) continue;
      this.#checkCanaries(job, deployment);
      this.#deployments.set(number, deployment);
    }
  }

  /** Until its canaries are promoted nothing of a group gives way to them, or begins as the version that they try. */
  #checkStep(execution: ExecutionRecord): void {
    const { number, job, stopReason, allocation } = execution;
    const group = this.#unpromoted(job, this.#groupOf(execution));
    if (group === null || allocation === undefined) return;
    const before = this.#live.get(job)?.get(number);
    const wasTold = before === undefined || before.stopReason !== null;
    const isReplaced = stopReason === "replaced" && GIVES_WAY.includes(allocation.description);
    const wasCanary = before?.allocation?.canary === true;
    demand(wasTold || !isReplaced || wasCanary, "keptVersion", () => {
      return `execution ${number} of version ${allocation.version} is replaced, and the canaries of version ${this.#deployments.get(job)?.version} are not promoted`;
    });
    if (before !== undefined || allocation.canary) return;
    demand(allocation.version === group.keepsVersion, "keptVersion", () => {
      return `execution ${number} begins as version ${allocation.version}, and its group keeps ${group.keepsVersion}`;
    });
  }

  /** The group of the job's deployment, if canaries tried it at the commit before and still do; null: they do not. */
  #unpromoted(job: JobNumber, name: string): DeploymentGroup | null {
    const now = this.#world.disk.jobs.get(job)?.groups;
    const before = this.#deployments.get(job);
    if (before === undefined || before.id !== now?.deployment?.id) return null;
    // One that was cancelled is of the version before, or of a job that was stopped and begins anew.
    const statuses = [before.status, now.deployment.status];
    if (now.deployment.version !== now.version || statuses.includes("cancelled")) return null;
    const group = now.deployment.groups[name];
    return group !== undefined && group.canaries > 0 && !group.promoted ? group : null;
  }

  #groupOf({ task }: ExecutionRecord): string {
    return this.#world.disk.task(task)?.spec.place?.group ?? "";
  }

  /** There are no more than were declared, and none when there is nothing to promote. */
  #checkCanaries(job: JobRecord, { id, status, version, groups }: Deployment): void {
    // A job that is held keeps what it has.
    if (job.state !== "active") return;
    const counts = new Map<string, number>();
    for (const live of this.#live.get(job.number)?.values() ?? []) {
      if (live.stopReason !== null || live.allocation?.canary !== true) continue;
      const name = this.#groupOf(live);
      const group = groups[name];
      const isTried = status === "running" && group?.promoted === false;
      demand(isTried && live.allocation.version === version, "canaryLeft", () => {
        return `canary ${live.number} of version ${live.allocation?.version} lives on; deployment ${id} is ${status}, its group ${name} ${group?.promoted === true ? "" : "not "}promoted`;
      });
      // One out of contact may have its replacement already.
      if (live.state !== "unknown") counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    for (const [name, count] of counts) {
      const most = groups[name]?.canaries ?? 0;
      demand(count <= most, "canaryCount", () => {
        return `group ${name} of ${job.spec.id} has ${count} canaries; ${most} are declared`;
      });
    }
  }
}

function isOver({ state }: ExecutionRecord): boolean {
  return state === "ended" || state === "lost";
}
