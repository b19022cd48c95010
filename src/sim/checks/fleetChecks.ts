import type { Fleet } from "../../fleet/state.ts";
import type { Changes } from "../../model/changes.ts";
import type { InstanceNumber, InstanceRecord } from "../../model/fleet/instance.ts";
import { batchSize, type RollingProgress } from "../../model/fleet/rolling.ts";
import { jobOfTask } from "../../model/id.ts";
import type { TaskRecord } from "../../model/task.ts";
import type { Machine } from "../machine.ts";
import type { SimProcess } from "../processes.ts";
import type { World } from "../world.ts";
import { demand } from "./violation.ts";

/** Shims may stand still between the last look at the time and the start. */
const START_SLACK_MS = 1_000;

/** What must hold of fleet runs: who ran what where, once, and nothing else. */
export class FleetChecks {
  readonly #world: World;
  /** `INSTANCE/NODE/EXEC NO` of which a process was started. */
  readonly #started = new Set<string>();
  /** Executions that were committed before. */
  readonly #executions = new Set<number>();
  /** Task instances by their job. */
  readonly #instances = new Map<number, InstanceNumber>();
  /** What started an instance that no person did: `task INSTANCE`, or `schedule DEFINITION/SCHEDULE/TIME`. */
  readonly #causes = new Map<string, InstanceNumber>();

  constructor(world: World) {
    this.#world = world;
  }

  started(machine: Machine, { order }: SimProcess): void {
    const { script, ordinal, taskId, execution } = order;
    if (script === undefined) return;
    const key = `${script.instanceNo}/${taskId}/${ordinal}`;
    demand(!this.#started.has(key), "oncePerExecNo", () => {
      return `the script of task instance ${script.instanceNo} starts again on ${machine.name} under EXEC NO ${ordinal}`;
    });
    this.#started.add(key);
    const { disk } = this.#world;
    const task = disk.task(disk.executions.get(execution)?.task ?? 0);
    if (task?.spec.target === undefined) return;
    const { node, nodeId } = task.spec.target;
    const guid = disk.nodes.get(node)?.guid;
    demand(guid === undefined || guid === machine.guid, "frozenTargets", () => {
      return `the script of task instance ${script.instanceNo} for node ${nodeId} runs on ${machine.name}`;
    });
    this.#checkTime(machine, task);
  }

  /** By what the store says, whatever the node was told. */
  #checkTime(machine: Machine, { number, progress }: TaskRecord): void {
    const { server, faults, disk } = this.#world;
    // With clocks that jump, or processes that stand still, the last look at the time tells little.
    const { serverClockStepMs, nodeClockStepMs, agentPauseMs, shimStall } = faults;
    if (serverClockStepMs + nodeClockStepMs + agentPauseMs + shimStall > 0) return;
    const { run } = disk.jobs.get(jobOfTask(number))?.spec ?? {};
    if (progress.state !== "running" || run === undefined) return;
    const readyAt = progress.previousStateAt ?? Number.POSITIVE_INFINITY;
    const lateMs = server.clock() - readyAt - run.startWithinMs;
    demand(lateMs < START_SLACK_MS, "startBefore", () => {
      return `the script of task instance ${run.instanceNo} starts on ${machine.name} ${lateMs} ms too late`;
    });
  }

  committed(changes: Changes): void {
    this.#checkStopped(changes);
    for (const instance of changes.fleet?.instances.values() ?? []) this.#checkInstance(instance);
    for (const number of changes.tasks.keys()) {
      const task = this.#world.disk.task(number);
      if (task?.spec.target !== undefined) checkNeverAgain(task);
    }
    for (const { job, task, ordinal } of changes.executions.values()) {
      const { target } = this.#world.disk.task(task)?.spec ?? {};
      if (target !== undefined) this.#checkExecNo(job, target.node, ordinal);
    }
  }

  /** Not in the commit that stops a rolling run, and not after it, does a node begin that had not. */
  #checkStopped(changes: Changes): void {
    for (const { number, job, ordinal, state } of changes.executions.values()) {
      if (this.#executions.has(number)) continue;
      this.#executions.add(number);
      const instance = this.#instances.get(job) ?? this.#findInstance(job);
      if (instance === undefined || state !== "assigned" || ordinal > 1) continue;
      const rolling = this.#world.disk.fleet.instances.get(instance)?.rolling;
      demand(rolling?.state.state !== "stopped", "rolling", () => {
        return `a node of task instance ${instance} starts, which failures have stopped`;
      });
    }
  }

  #findInstance(job: number): InstanceNumber | undefined {
    for (const { number, job: its } of this.#world.disk.fleet.instances.values()) {
      this.#instances.set(its, number);
    }
    return this.#instances.get(job);
  }

  /** Each rerun that a person asked for raises it by one, and nothing else does. */
  #checkExecNo(job: number, node: number, execNo: number): void {
    const instances = [...this.#world.disk.fleet.instances.values()];
    const reruns = instances.find((instance) => instance.job === job)?.reruns ?? [];
    const asked = reruns.filter((rerun) => rerun.node === node).length;
    demand(execNo <= asked + 1, "oncePerExecNo", () => {
      return `node ${node} is at EXEC NO ${execNo} of job ${job} after ${asked} reruns`;
    });
  }

  #checkInstance(instance: InstanceRecord): void {
    const { number, definitionId, revision, definition } = instance;
    const revisions = this.#world.disk.fleet.revisions.get(definition) ?? [];
    const approved = revisions.find((record) => record.revision === revision);
    demand(approved !== undefined, "approved", () => {
      return `task instance ${number} runs revision ${revision} of ${definitionId}, which was never approved`;
    });
    demand(approved?.approver !== approved?.requestedBy, "approved", () => {
      return `revision ${revision} of ${definitionId} was accepted by whoever requested it`;
    });
    this.#checkCause(instance);
    const tasks = this.#tasksOf(instance);
    demand(tasks.length === instance.targetCount, "frozenTargets", () => {
      return `task instance ${number} has ${tasks.length} targets; it began with ${instance.targetCount}`;
    });
    if (instance.rolling !== undefined && instance.endedAt === null) {
      checkRolling(instance.number, instance.rolling, tasks);
    }
    if (instance.endedAt === null) return;
    const open = tasks.find(({ progress }) => progress.state !== "completed");
    demand(open === undefined, "instanceEnd", () => {
      return `task instance ${number} has ended while ${open?.id} is ${open?.progress.state}`;
    });
    const isSuccess = tasks.every(({ progress }) => progress.outcome?.result === "success");
    demand((instance.result === "success") === isSuccess, "instanceEnd", () => {
      return `task instance ${number} has the result ${instance.result}; its nodes ${isSuccess ? "all succeeded" : "did not all succeed"}`;
    });
  }

  /** Each success starts one next task, and each time of a schedule one run. */
  #checkCause({ number, runner, definition, reruns }: InstanceRecord): void {
    if (runner.kind === "user") return;
    const cause =
      runner.kind === "task"
        ? `task instance ${runner.instance}`
        : `schedule ${definition}/${runner.schedule}/${runner.dueAt}`;
    const first = this.#causes.get(cause) ?? number;
    demand(first === number, "startedOnce", () => {
      return `${cause} has started task instances ${first} and ${number}`;
    });
    this.#causes.set(cause, number);
    if (runner.kind !== "task" || reruns.length > 0) return;
    const caller = this.#world.disk.fleet.instances.get(runner.instance);
    demand(caller?.nextInstance === number, "nextTask", () => {
      return `task instance ${number} was started by ${runner.instance}, whose record names ${caller?.nextInstance}`;
    });
  }

  #tasksOf({ job }: InstanceRecord): TaskRecord[] {
    return [...(this.#world.disk.tasks.get(job)?.byNumber.values() ?? [])];
  }
}

/** No more than a batch is under way, and what the record says is what its targets say. */
function checkRolling(
  instance: InstanceNumber,
  { policy, targetCount, openNodes, heldNodes }: RollingProgress,
  tasks: readonly TaskRecord[],
): void {
  const live = tasks.filter(({ progress }) => progress.state !== "completed");
  const held = live.filter(({ progress }) => progress.held).length;
  const sizes = [policy.batch, policy.canary ?? policy.batch];
  const most = Math.max(...sizes.map((size) => batchSize(size, targetCount)));
  demand(live.length - held <= most, "rolling", () => {
    return `${live.length - held} nodes of task instance ${instance} are under way, of at most ${most}`;
  });
  // On its way down the targets are counted when it is over.
  demand(openNodes >= live.length - held && heldNodes >= held, "rolling", () => {
    return `task instance ${instance} counts ${openNodes} and ${heldNodes} nodes; it has ${live.length - held} under way and holds ${held}`;
  });
}

/** What has not come to its end; null: everything has. */
export function fleetUnsettled(fleet: Fleet): string | null {
  const [instance] = fleet.instances.values();
  return instance === undefined ? null : `task instance ${instance.number} has not ended`;
}

/** Only people run a script again, and each rerun has a number of its own. */
function checkNeverAgain({ id, progress }: TaskRecord): void {
  const { retryCount, requeueCount, recoveryCount } = progress;
  demand(retryCount + requeueCount + recoveryCount === 0, "oncePerExecNo", () => {
    return `target ${id} was run again by itself: ${retryCount} retries, ${requeueCount} requeues, ${recoveryCount} recoveries`;
  });
}
