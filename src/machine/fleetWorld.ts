import { apply, NOTHING_LOADED } from "../engine/apply.ts";
import { emitFleet, emitRolling } from "../engine/emit.ts";
import { editNode } from "../engine/nodeEdit.ts";
import { holdWaiting } from "../engine/runs/held.ts";
import { releaseTargets } from "../engine/runs/releaseTargets.ts";
import { rerunTargets } from "../engine/runs/rerun.ts";
import { stopRun } from "../engine/runs/stopRun.ts";
import { type Engine, mustHave, type Node } from "../engine/state.ts";
import type { FleetNode, RunStart, World } from "../fleet/world.ts";
import type { RollingNote } from "../model/event.ts";
import type { FleetEvent } from "../model/fleet/fleetEvent.ts";
import type { FleetRunSpec, FleetTarget } from "../model/fleet/run.ts";
import { foldId, type JobNumber, type NodeNumber } from "../model/id.ts";
import type { JobSpec } from "../model/job.ts";
import type { DeallocationOption } from "../model/pool.ts";
import type { RequestError } from "../model/requestError.ts";
import type { TaskRecord } from "../model/task.ts";

/** The job of a task instance; no other job has an id of this form. */
export function jobIdOfInstance(instance: number): string {
  return `taskinstance-${instance}`;
}

/** The task of a node in the job of a task instance: by the number, as node ids can be changed. */
export function taskIdOfNode(node: NodeNumber): string {
  return `node-${node}`;
}

/** Nodes and jobs as fleet operations see and command them, in the same step. */
export class FleetWorld implements World {
  readonly #engine: Engine;
  /** Targets that the request at hand names, from the store. */
  loaded: ReadonlyMap<string, TaskRecord> = new Map();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  findNode(id: string): FleetNode | null {
    const number = this.#engine.nodesById.get(foldId(id));
    return number === undefined ? null : this.node(number);
  }

  node(number: NodeNumber): FleetNode | null {
    const node = this.#engine.nodes.get(number);
    return node === undefined ? null : fleetNodeOf(node);
  }

  editNode(number: NodeNumber, patch: Parameters<World["editNode"]>[1]): RequestError | null {
    const { status, ...rest } = patch;
    editNode(this.#engine, number, {
      ...rest,
      ...(status === undefined ? {} : { fleetStatus: status }),
    });
    return null;
  }

  removeNode(number: NodeNumber, option: DeallocationOption): RequestError | null {
    const node = mustHave(this.#engine.nodes, number, "node");
    const pool = node.pool.record.spec.id;
    const nodes = [node.record.id];
    return this.#ask({ kind: "removeNodes", pool, nodes, option, timeoutMs: null });
  }

  startRun(
    run: FleetRunSpec,
    targets: readonly FleetTarget[],
    { timeoutMs, released }: RunStart,
  ): JobNumber {
    const spec = jobOf(run, timeoutMs);
    const tasks = targets.map(({ node, nodeId, attributes }) => ({
      id: taskIdOfNode(node),
      spec: { commandLine: "", target: { node, nodeId, attributes } },
    }));
    const error = this.#ask({ kind: "startRun", spec, targets: tasks, released });
    if (error !== null) throw new Error(`a run could not be started: ${error.message}`);
    return mustHave(this.#engine.jobsById, foldId(spec.id), "job");
  }

  rerun(job: JobNumber, nodes: readonly NodeNumber[], isHeld: boolean): RequestError | null {
    const reply = rerunTargets(
      this.#engine,
      mustHave(this.#engine.jobs, job, "job"),
      { targets: nodes.map(taskIdOfNode), isHeld },
      this.loaded,
    );
    return reply.ok ? null : reply.error;
  }

  release(job: JobNumber, count: number): number {
    return releaseTargets(this.#engine, mustHave(this.#engine.jobs, job, "job"), count);
  }

  hold(job: JobNumber): number {
    return holdWaiting(this.#engine, mustHave(this.#engine.jobs, job, "job"));
  }

  tell({ type, job, body }: FleetEvent): void {
    const of = job === null ? null : mustHave(this.#engine.jobs, job, "job");
    emitFleet(this.#engine, type, of, body);
  }

  noteRolling(job: JobNumber, note: RollingNote): void {
    emitRolling(this.#engine, mustHave(this.#engine.jobs, job, "job"), note);
  }

  stop(job: JobNumber, node: NodeNumber | null, reason: string): RequestError | null {
    const reply = stopRun(
      this.#engine,
      mustHave(this.#engine.jobs, job, "job"),
      node === null ? null : taskIdOfNode(node),
      reason,
      this.loaded,
    );
    return reply.ok ? null : reply.error;
  }

  #ask(input: Parameters<typeof apply>[1]): RequestError | null {
    const reply = apply(this.#engine, input, NOTHING_LOADED);
    return reply.ok ? null : reply.error;
  }
}

function fleetNodeOf({ record, pool }: Node): FleetNode {
  return {
    number: record.number,
    id: record.id,
    owner: record.owner ?? null,
    status: record.fleetStatus,
    accepts: pool.record.spec.accepts.includes("fleet"),
    poolId: pool.record.spec.id,
  };
}

/** It is in no pool: its nodes may be of several. */
function jobOf(run: FleetRunSpec, timeoutMs: number | null): JobSpec {
  return {
    id: jobIdOfInstance(run.instanceNo),
    type: "fleet",
    displayName: null,
    priority: 0,
    maxParallelTasks: -1,
    onAllTasksComplete: "terminatejob",
    maxWallClockMs: timeoutMs,
    maxTaskRetryCount: 0,
    poolId: "",
    preparation: null,
    release: null,
    commonEnvironmentSettings: [],
    metadata: [],
    run,
  };
}
