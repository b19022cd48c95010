import { isBeside, isCanaryWanted } from "../../engine/groups/canaries.ts";
import { candidateOf } from "../../engine/groups/candidates.ts";
import { groupsOf, progressOf } from "../../engine/groups/jobGroups.ts";
import { isWanted } from "../../engine/groups/wanted.ts";
import type { Engine, Job, LiveTask, Node } from "../../engine/state.ts";
import type { TaskRecord } from "../../model/task.ts";
import { demand } from "./violation.ts";

const RESOURCES = ["cpuMhz", "cores", "memoryMb", "diskMb"] as const;

/** What the machine holds in memory of groups fits together. */
export function checkGroups(engine: Engine): void {
  for (const node of engine.nodes.values()) checkUse(engine, node);
  const [provided, own] = split([...engine.nodes.values()]);
  checkPorts(engine, provided);
  for (const node of own) checkPorts(engine, [node]);
  for (const job of engine.jobs.values()) if (job.groups !== null) checkJob(engine, job);
}

/** What is used of a node is what its executions were promised, and never more than it offers. */
function checkUse(engine: Engine, node: Node): void {
  const sum = { cpuMhz: 0, cores: 0, memoryMb: 0, diskMb: 0 };
  for (const number of node.executions) {
    const allocation = engine.executions.get(number)?.execution.allocation;
    if (allocation === undefined) continue;
    for (const kind of RESOURCES) sum[kind] += allocation.resources[kind];
  }
  const { resources } = node.use;
  const { offered } = candidateOf(node);
  for (const kind of RESOURCES) {
    demand(sum[kind] === resources[kind], "resources", () => {
      return `node ${node.record.id} counts ${JSON.stringify(resources)}; its executions use ${JSON.stringify(sum)}`;
    });
    demand(sum[kind] <= offered[kind], "resources", () => {
      return `node ${node.record.id} offers ${JSON.stringify(offered)}; ${JSON.stringify(sum)} are used`;
    });
  }
}

/** Provided nodes are all on one machine, and share its ports. */
function split(nodes: readonly Node[]): [Node[], Node[]] {
  const isProvided = ({ record }: Node) => record.provided;
  return [nodes.filter(isProvided), nodes.filter((node) => !isProvided(node))];
}

/** Each port of a machine is one execution's, and what counts as used is used. */
function checkPorts(engine: Engine, nodes: readonly Node[]): void {
  const ports = new Set<number>();
  for (const { executions } of nodes) {
    for (const number of executions) {
      for (const { value } of engine.executions.get(number)?.execution.allocation?.ports ?? []) {
        demand(!ports.has(value), "resources", () => `port ${value} is given to two executions`);
        ports.add(value);
      }
    }
  }
  for (const { use, record } of nodes) {
    const isSame = ports.size === use.ports.size && ports.isSubsetOf(use.ports);
    demand(isSame, "resources", () => {
      return `node ${record.id} counts the ports ${[...use.ports].join(", ")}; ${[...ports].join(", ")} are used`;
    });
  }
}

function checkJob(engine: Engine, job: Job): void {
  const { id } = job.record.spec;
  const counts = { active: 0, running: 0, succeeded: 0, failed: 0 };
  for (const task of groupsOf(job).live.tasks.values()) {
    const { state, outcome } = task.progress;
    if (state === "active") counts.active += 1;
    else if (state === "completed")
      counts[outcome?.result === "failure" ? "failed" : "succeeded"]++;
    else counts.running += 1;
    checkTask(engine, job, task);
  }
  const { active, running, succeeded, failed } = job.counts;
  const counted = { active, running, succeeded, failed };
  demand(JSON.stringify(counts) === JSON.stringify(counted), "counts", () => {
    return `job ${id} counts ${JSON.stringify(counted)}, expected ${JSON.stringify(counts)}`;
  });
}

/** One that waits is looked at, or has its time; one that runs has an execution. */
function checkCanary(engine: Engine, job: Job, task: TaskRecord): void {
  const { canary } = progressOf(task);
  const isQueued = groupsOf(job).live.canaries.placing.has(task.number);
  if (canary?.state === "running") {
    const live = engine.executions.get(canary.execution ?? 0);
    demand(live?.task === task, "oneState", () => `the canary of ${task.id} has no execution`);
  }
  if (canary?.state !== "waiting" || !isCanaryWanted(job, task)) return;
  demand(isQueued || (canary.actsAt !== null && canary.actsAt > engine.now), "nothingLost", () => {
    return `the canary of ${task.id} waits, is not looked at, and waits until ${canary.actsAt}`;
  });
}

function checkTask(engine: Engine, job: Job, task: TaskRecord): void {
  checkCanary(engine, job, task);
  const { state } = task.progress;
  const isQueued = groupsOf(job).live.placing.has(task.number);
  demand(!isQueued || state === "active", "index", () => {
    return `task ${task.id} is ${state} and a node is looked for`;
  });
  if (state === "running") {
    const live = engine.executions.get(task.progress.execution ?? 0);
    demand(live?.task === task, "oneState", () => `task ${task.id} runs without an execution`);
    return;
  }
  if (state !== "active" || !isWanted(engine, job, task)) return;
  const { actsAt } = progressOf(task);
  demand(isQueued || (actsAt !== null && actsAt > engine.now), "nothingLost", () => {
    return `task ${task.id} is active, is not looked at, and waits until ${actsAt}`;
  });
}

/** At most one is current; others are the declared original, the declared canary, or told to stop. */
export function checkGroupExecution(live: LiveTask): void {
  const { execution, task } = live;
  const { number, stopReason } = execution;
  const { progress } = task;
  if (stopReason !== null || progressOf(task).original === number || isBeside(live)) return;
  demand(
    progress.execution === number && progress.state === "running",
    "oneCurrentExecution",
    () => {
      return `execution ${number} lives on, and task ${task.id} is ${progress.state} with execution ${progress.execution} and original ${progressOf(task).original}`;
    },
  );
}
