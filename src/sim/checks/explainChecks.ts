import { explainTask } from "../../engine/explain.ts";
import type { WaitReason } from "../../engine/explanation.ts";
import { poolOf } from "../../engine/ring.ts";
import type { Engine, Job, LiveTask, Node } from "../../engine/state.ts";
import { TASK_LIFETIME_MS } from "../../model/limits.ts";
import type { TaskRecord } from "../../model/task.ts";
import { slotsOf } from "../../model/taskSpec.ts";
import { demand } from "./violation.ts";

/** Tasks that are looked at per job, and executions in all: the others are explained by the same code. */
const SAMPLE = 3;

/** What waits is explained, and the explanation is true, also in the middle of things. */
export function checkExplanations(engine: Engine): void {
  for (const job of engine.jobs.values()) {
    if (job.groups !== null) continue;
    for (const task of firstOf(job.again)) checkExplained(engine, job, task);
    for (const task of firstOf(job.window)) checkExplained(engine, job, task);
    for (const task of firstOf(job.run?.waiting ?? new Map())) checkExplained(engine, job, task);
    for (const task of firstOf(job.run?.held ?? new Map())) checkExplained(engine, job, task);
  }
  const ofTasks = engine.executions
    .values()
    .filter(({ execution }) => execution.allocation === undefined);
  for (const live of ofTasks.take(SAMPLE)) checkLiveExplained(engine, live);
}

function firstOf<Value>(map: ReadonlyMap<number, Value>): Value[] {
  return [...map.values().take(SAMPLE)];
}

export function checkExplained(engine: Engine, job: Job | null, task: TaskRecord): void {
  const { reasons } = explainTask(engine, job, task);
  demand(reasons.length > 0, "explain", () => `nothing explains why task ${task.id} is active`);
  for (const reason of reasons) {
    demand(isTrue(engine, job, task, reason), "explain", () => {
      return `task ${task.id} is said to wait because: ${reason.code}: ${reason.message}`;
    });
  }
}

function isTrue(engine: Engine, job: Job | null, task: TaskRecord, { code }: WaitReason): boolean {
  if (job === null) return code === "JobEnded";
  if (job.run !== null && job.record.state === "active") return isTrueOfTarget(engine, task, code);
  const pool = poolOf(engine, job);
  const nodes = [...(pool?.nodes ?? [])].flatMap((number) => engine.nodes.get(number) ?? []);
  const slots = slotsOf(task.spec);
  const { state, spec } = job.record;
  switch (code) {
    case "JobEnded":
      return state === "completed" || state === "terminating" || state === "deleting";
    case "JobDisabling":
      return state === "disabling";
    case "JobDisabled":
      return state === "disabled";
    case "PoolNotFound":
      return pool === null;
    case "PoolBeingDeleted":
      return pool?.record.state === "deleting";
    case "PoolDoesNotAccept":
      return pool?.record.spec.accepts.includes("batch") === false;
    case "PoolEmpty":
      return pool !== null && nodes.length === 0;
    case "MaxParallelTasks":
      return spec.maxParallelTasks > 0 && job.counts.running >= spec.maxParallelTasks;
    case "NoFreeSlot":
      return nodes.some((node) => obstacleOf(job, node, slots) === null && !hasRoom(node, slots));
    case "WaitsForTurn":
      return nodes.some((node) => obstacleOf(job, node, slots) === null && hasRoom(node, slots));
    case "NodeNotReady":
    case "NodeUnreachable":
    case "SchedulingDisabled":
    case "NodeBarredByPreparation":
    case "RequiredSlotsTooLarge":
      return nodes.some((node) => obstacleOf(job, node, slots) === code);
    case "TooOld":
      return engine.now - task.createdAt > TASK_LIFETIME_MS;
    case "FleetLimit":
    case "WaitsForBatch":
    case "WaitsForPreparation":
    case "WaitsForNode":
    case "WaitsForReschedule":
    case "WaitsForPromotion":
    case "NoNodeSuits":
    case "WaitsForTemplate":
    case "WaitsForRestart":
      return false;
  }
}

/** A script waits for its batch, then for its node alone. */
function isTrueOfTarget(
  engine: Engine,
  { spec, progress }: TaskRecord,
  code: WaitReason["code"],
): boolean {
  if (progress.held || code === "WaitsForBatch") return progress.held && code === "WaitsForBatch";
  const node = engine.nodes.get(spec.target?.node ?? 0);
  if (node === undefined) return false;
  const { contact, life, orderIssued } = node.record;
  const isFull = node.targets.running >= engine.settings.fleetLimitPerNode;
  if (contact !== "connected") return code === "NodeUnreachable";
  if (life !== "joined" || orderIssued) return code === "NodeNotReady";
  return code === (isFull ? "FleetLimit" : "WaitsForTurn");
}

function checkLiveExplained(engine: Engine, { job, task, execution, node }: LiveTask): void {
  const codes = new Set<string>();
  for (const { code } of explainTask(engine, job, task).reasons) codes.add(code);
  const isAway = node.record.contact !== "connected";
  const isWaiting = execution.state === "assigned" || execution.state === "stopping";
  const isRight =
    codes.has("NodeUnreachable") === isAway &&
    codes.has("WaitsForPreparation") === (execution.state === "preparing") &&
    codes.has("WaitsForNode") === isWaiting;
  demand(isRight, "explain", () => {
    return `execution ${execution.number} is ${execution.state}, its node ${node.record.contact}; said: ${[...codes].join(", ") || "nothing"}`;
  });
}

function hasRoom(node: Node, slots: number): boolean {
  return node.record.slots - node.usedSlots >= slots;
}

type Obstacle =
  | "NodeNotReady"
  | "NodeUnreachable"
  | "SchedulingDisabled"
  | "NodeBarredByPreparation"
  | "RequiredSlotsTooLarge";

/** What keeps the node from ever taking the task as it is, however idle; null: nothing does. */
export function obstacleOf(job: Job, { record }: Node, slots: number): Obstacle | null {
  if (record.life !== "joined") return "NodeNotReady";
  if (record.contact !== "connected") return "NodeUnreachable";
  if (record.schedulingState === "disabled") return "SchedulingDisabled";
  if (job.barred.has(record.number)) return "NodeBarredByPreparation";
  return record.slots < slots ? "RequiredSlotsTooLarge" : null;
}
