import { counted } from "../model/counted.ts";
import { TASK_LIFETIME_MS } from "../model/limits.ts";
import type { TaskRecord } from "../model/task.ts";
import { slotsOf } from "../model/taskSpec.ts";
import { isoTime } from "../model/time.ts";
import type { Explanation, WaitReason } from "./explanation.ts";
import {
  explainGroup,
  explainMembers,
  explainPromotion,
  isStarting,
} from "./groups/explainGroup.ts";
import { poolOf } from "./ring.ts";
import { explainTarget } from "./runs/explainTarget.ts";
import {
  type Engine,
  type Job,
  type LiveTask,
  liveOf,
  mustHave,
  type Node,
  type Pool,
} from "./state.ts";

/** Nodes named in one reason; the count tells how many there are. */
const NODES_NAMED_MAX = 20;

function reason(
  code: WaitReason["code"],
  message: string,
  nodes: readonly Node[] = [],
): WaitReason {
  return {
    code,
    message,
    nodes: nodes.slice(0, NODES_NAMED_MAX).map((node) => node.record.id),
    nodeCount: nodes.length,
  };
}

/** Why a task is where it is: true, and not empty as long as something is waited for. */
export function explainTask(engine: Engine, job: Job | null, task: TaskRecord): Explanation {
  const { progress } = task;
  switch (progress.state) {
    case "completed":
      return done(engine, job, task);
    case "preparing":
    case "running":
      return explainLive(engine, job, task);
    case "active": {
      const reasons = job === null ? [jobEnded("completed")] : explainQueued(engine, job, task);
      return {
        state: "active",
        summary: reasons[0]?.message ?? "It is about to be placed.",
        reasons,
      };
    }
  }
}

/** Beside one that failed for good a canary may still wait. */
function done(engine: Engine, job: Job | null, task: TaskRecord): Explanation {
  const { outcome } = task.progress;
  const how =
    outcome?.failure === null || outcome?.failure === undefined
      ? "succeeded"
      : outcome.failure.message;
  const isOfGroup = job !== null && job.groups !== null;
  const reasons = isOfGroup ? explainPromotion(engine, job, task) : [];
  return { state: "completed", summary: `The task has completed: ${how}`, reasons };
}

function explainLive(engine: Engine, job: Job | null, task: TaskRecord): Explanation {
  const { state } = task.progress;
  const live = liveOf(engine, task);
  if (live === null) {
    return { state, summary: "It is on its way to a node.", reasons: [] };
  }
  const { node, execution } = live;
  const reasons: WaitReason[] = [];
  const { id, contact } = node.record;
  if (contact !== "connected") {
    const text = `Node ${id} can not be reached (${contact})${afterSilence(live)}.`;
    reasons.push(reason("NodeUnreachable", text, [node]));
  }
  if (execution.state === "preparing") {
    reasons.push(
      reason("WaitsForPreparation", `The job preparation task is running on node ${id}.`, [node]),
    );
  } else if (execution.state === "stopping") {
    reasons.push(
      reason("WaitsForNode", `It was told to stop; node ${id} has not confirmed its end yet.`, [
        node,
      ]),
    );
  } else if (execution.state === "assigned") {
    reasons.push(
      reason("WaitsForNode", `It was placed on node ${id}, which has not confirmed it yet.`, [
        node,
      ]),
    );
  } else if (execution.allocation !== undefined) {
    reasons.push(...explainMembers(execution.allocation, id));
  }
  const what = isStarting(execution) ? "starting" : "running";
  const summary = reasons[0]?.message ?? `It is ${what} on node ${id}.`;
  const isOfGroup = job !== null && job.groups !== null;
  if (isOfGroup) reasons.push(...explainPromotion(engine, job, task));
  return { state, summary, reasons };
}

/** What is done about an execution whose node is out of contact. */
function afterSilence({ node, execution }: LiveTask): string {
  if (execution.state === "unknown" && execution.allocation !== undefined) {
    return `. ${execution.allocation.description}`;
  }
  return node.record.contact === "away"
    ? "; it counts as unknown soon"
    : "; its work is recovered elsewhere when it is given up";
}

function jobEnded(state: string): WaitReason {
  return reason(
    "JobEnded",
    `The job is ${state}: tasks that were active then stay active and never run.`,
  );
}

function explainQueued(engine: Engine, job: Job, task: TaskRecord): WaitReason[] {
  const { spec, state } = job.record;
  switch (state) {
    case "terminating":
    case "completed":
    case "deleting":
      return [jobEnded(state)];
    case "disabling":
      return [
        reason(
          "JobDisabling",
          `Job ${spec.id} is being disabled; its tasks wait until it is enabled.`,
        ),
      ];
    case "disabled":
    case "enabling":
      return [reason("JobDisabled", `Job ${spec.id} is disabled; enable it to run its tasks.`)];
    case "active":
      break;
  }
  if (job.groups !== null) {
    return [...explainGroup(engine, job, task), ...explainPromotion(engine, job, task)];
  }
  if (job.run !== null) return explainTarget(engine, job, task);
  if (engine.now - task.createdAt > TASK_LIFETIME_MS) {
    return [
      reason("TooOld", "The task is older than 180 days and is not run any more; add it again."),
    ];
  }
  const pool = poolOf(engine, job);
  if (pool === null) {
    return [
      reason("PoolNotFound", `There is no pool ${spec.poolId}; nothing runs until it exists.`),
    ];
  }
  return explainPool(engine, job, task, pool);
}

function explainPool(engine: Engine, job: Job, task: TaskRecord, pool: Pool): WaitReason[] {
  const { spec, state } = pool.record;
  if (state === "deleting") {
    return [
      reason(
        "PoolBeingDeleted",
        `Pool ${spec.id} is being deleted; disable the job, point it to another pool and enable it.`,
      ),
    ];
  }
  if (!spec.accepts.includes("batch")) {
    return [
      reason(
        "PoolDoesNotAccept",
        `Pool ${spec.id} accepts ${spec.accepts.join(", ") || "nothing"}, not batch.`,
      ),
    ];
  }
  const nodes = [...pool.nodes].map((number) => mustHave(engine.nodes, number, "node"));
  if (nodes.length === 0) {
    return [reason("PoolEmpty", `Pool ${spec.id} has no nodes; resize it, or let nodes join.`)];
  }
  const reasons = explainNodes(job, task, nodes);
  const limit = job.record.spec.maxParallelTasks;
  if (limit > 0 && job.counts.running >= limit) {
    reasons.unshift(
      reason(
        "MaxParallelTasks",
        `${counted(job.counts.running, "task")} of the job ${verb(job.counts.running, "is")} running, which is its maxParallelTasks.`,
      ),
    );
  }
  if (reasons.length === 0) reasons.push(turnOf(job, task));
  return reasons;
}

function turnOf(job: Job, task: TaskRecord): WaitReason {
  const first = job.queue.first();
  const isNext = first === task.number;
  return reason(
    "WaitsForTurn",
    isNext
      ? "It is next and is about to be placed."
      : "Tasks before it in the queue, or jobs of higher priority, are placed first.",
  );
}

type NodeReason = "tooSmall" | "notReady" | "unreachable" | "disabled" | "barred" | "full" | "free";

function classify(job: Job, node: Node, slots: number): NodeReason {
  const { record } = node;
  if (record.life !== "joined") return "notReady";
  if (record.contact !== "connected") return "unreachable";
  if (record.schedulingState === "disabled") return "disabled";
  if (job.barred.has(record.number)) return "barred";
  if (record.slots < slots) return "tooSmall";
  return record.slots - node.usedSlots < slots ? "full" : "free";
}

/** What keeps each node from taking the task; nothing when one of them could. */
function explainNodes(job: Job, task: TaskRecord, nodes: Node[]): WaitReason[] {
  const slots = slotsOf(task.spec);
  const groups = Map.groupBy(nodes, (node) => classify(job, node, slots));
  if (groups.has("free")) return [];
  const reasons: WaitReason[] = [];
  const add = (
    key: NodeReason,
    code: WaitReason["code"],
    message: (some: Node[]) => string,
  ): void => {
    const some = groups.get(key);
    if (some !== undefined) reasons.push(reason(code, message(some), some));
  };
  const largest = Math.max(...nodes.map((node) => node.record.slots));
  add(
    "full",
    "NoFreeSlot",
    (some) => `${counted(some.length, "node")} ${verb(some.length, "has")} ${waitForSlots(slots)}`,
  );
  add("barred", "NodeBarredByPreparation", (some) => barredMessage(job, some));
  add(
    "tooSmall",
    "RequiredSlotsTooLarge",
    () => `The task requires ${slots} slots; the largest node offers ${largest}.`,
  );
  add(
    "disabled",
    "SchedulingDisabled",
    (some) => `Scheduling is disabled on ${named(some)}; enable it there.`,
  );
  add(
    "unreachable",
    "NodeUnreachable",
    (some) => `${capitalised(named(some))} can not be reached.`,
  );
  add(
    "notReady",
    "NodeNotReady",
    (some) => `${capitalised(named(some))} ${verb(some.length, "is")} not ready (${lives(some)}).`,
  );
  return reasons;
}

/** Nothing is kept free for a task of several slots: smaller ones pass it, whatever their priority. */
function waitForSlots(slots: number): string {
  if (slots === 1) return "no free slot; it waits for a running task to end.";
  return `fewer than ${slots} free slots; while no node has ${slots}, smaller tasks may go first, also of lower priority.`;
}

function lives(nodes: readonly Node[]): string {
  const [first] = nodes;
  const wait = nodes.length === 1 && first !== undefined ? waitOfOrder(first) : "";
  return [...new Set(nodes.map((node) => node.record.life))].join(", ") + wait;
}

/** What a reboot or removal still waits for by its option. */
function waitOfOrder({ record, executions, progress }: Node): string {
  if (record.option === null || record.orderIssued) return "";
  if (executions.size > 0) return `, after ${counted(executions.size, "running task")}`;
  return `, after the retention of its files at ${isoTime(progress.retainedUntil)}`;
}

function barredMessage(job: Job, nodes: readonly Node[]): string {
  const closed =
    nodes.length === 1
      ? "the node is closed to this job until it is rebooted"
      : "they are closed to this job until they are rebooted";
  return `Preparation failed on ${named(nodes, (node) => preparationEnd(job, node))}; ${closed}.`;
}

function preparationEnd(job: Job, node: Node): string {
  const preparation = node.jobs.get(job.record.number)?.preparation;
  const exitCode = preparation?.state === "completed" ? preparation.exitCode : null;
  return ` (${exitCode === null ? "could not be started" : `exit code ${exitCode}`})`;
}

/** Nodes named in a sentence; the reason has more of them. */
const NODES_IN_SENTENCE_MAX = 3;

/** `node a`, `nodes a and b`, `nodes a, b, c and 2 more`; each with what is said of it. */
function named(nodes: readonly Node[], more: (node: Node) => string = () => ""): string {
  const names = nodes
    .slice(0, NODES_IN_SENTENCE_MAX)
    .map((node) => `${node.record.id}${more(node)}`);
  const others = nodes.length - names.length;
  if (others > 0) names.push(`${others} more`);
  const last = names.pop();
  return names.length === 0 ? `node ${last}` : `nodes ${names.join(", ")} and ${last}`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function verb(count: number, singular: "is" | "has"): string {
  if (count === 1) return singular;
  return singular === "is" ? "are" : "have";
}
