import type { Changes } from "../../model/changes.ts";
import type { ExecutionRecord } from "../../model/execution.ts";
import type { Deployment, DeploymentFigures } from "../../model/groupJob.ts";
import type { JobNumber } from "../../model/id.ts";
import type { JobRecord } from "../../model/job.ts";
import type { World } from "../world.ts";
import { demand } from "./violation.ts";

/** What must hold of the figures of deployments in the store, after each commit. */
export class DeploymentChecks {
  readonly #world: World;
  /** Executions of groups, ended ones included, by job. */
  readonly #executions = new Map<JobNumber, Map<number, ExecutionRecord>>();
  /** As they ended, by id. */
  readonly #ended = new Map<string, string>();

  constructor(world: World) {
    this.#world = world;
  }

  committed(changes: Changes): void {
    for (const number of changes.purgedJobs) this.#executions.delete(number);
    const { disk } = this.#world;
    const touched = new Set<JobNumber>();
    for (const execution of changes.executions.values()) {
      if (execution.allocation === undefined || !disk.jobs.has(execution.job)) continue;
      touched.add(execution.job);
      const known = this.#executions.get(execution.job) ?? new Map<number, ExecutionRecord>();
      this.#executions.set(execution.job, known.set(execution.number, execution));
    }
    for (const [number, job] of changes.jobs) if (job?.groups) touched.add(number);
    for (const number of touched) {
      const job = disk.jobs.get(number);
      const deployment = job?.groups?.deployment ?? null;
      if (job === undefined || deployment === null) continue;
      if (deployment.status === "running") this.#checkRunning(job, deployment);
      else this.#checkEnded(deployment);
    }
  }

  /** They say what the executions are. */
  #checkRunning(job: JobRecord, { id, version, groups }: Deployment): void {
    for (const [name, { placed, healthy, unhealthy }] of Object.entries(groups)) {
      const said = JSON.stringify({ placed, healthy, unhealthy });
      const found = JSON.stringify(this.#counted(job.number, version, name));
      demand(said === found, "deploymentFigures", () => {
        return `group ${name} of deployment ${id} says ${said}; its executions are ${found}`;
      });
    }
  }

  #counted(job: JobNumber, version: number, group: string): DeploymentFigures {
    const executions = [...(this.#executions.get(job)?.values() ?? [])].filter(
      ({ allocation, task }) =>
        allocation?.version === version && this.#world.disk.task(task)?.spec.place?.group === group,
    );
    const withHealth = (wanted: boolean) =>
      executions.filter(({ allocation }) => allocation?.state?.health?.healthy === wanted);
    const healthy = withHealth(true).filter(
      ({ endedAt, allocation }) => endedAt === null && allocation?.desired === "run",
    );
    const unhealthy = withHealth(false).length;
    return { placed: executions.length, healthy: healthy.length, unhealthy };
  }

  /** Whatever becomes of its executions. */
  #checkEnded(deployment: Deployment): void {
    const now = JSON.stringify(deployment);
    const before = this.#ended.get(deployment.id) ?? now;
    this.#ended.set(deployment.id, before);
    demand(now === before, "deploymentKept", () => {
      return `deployment ${deployment.id} ended as ${before}, and is ${now}`;
    });
  }
}
