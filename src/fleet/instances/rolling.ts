import { counted } from "../../model/counted.ts";
import type { RollingNote } from "../../model/event.ts";
import type { InstanceRecord } from "../../model/fleet/instance.ts";
import {
  batchSize,
  failureLimit,
  type RollingPolicy,
  type RollingProgress,
} from "../../model/fleet/rolling.ts";
import type { JobNumber } from "../../model/id.ts";
import { type Refusal, refuse } from "../reply.ts";
import type { Fleet } from "../state.ts";
import type { World } from "../world.ts";
import { instanceOfJob, saveInstance } from "./live.ts";

/**
 * Rolling runs: batch after batch over the targets of an instance. Every target is held until its batch releases it, so
 * that it is `ready` whatever happens between, and where the run stands is in the instance's record, in the same
 * transaction as the ends that it follows from.
 */

type Rolling = InstanceRecord & { readonly rolling: RollingProgress };

/** A run that begins: its first batch is the canary, if there is one. */
export function newRolling(policy: RollingPolicy, targetCount: number): RollingProgress {
  const first = batchSize(policy.canary ?? policy.batch, targetCount);
  return {
    policy,
    targetCount,
    batch: 1,
    batchNodes: first,
    openNodes: first,
    heldNodes: targetCount - first,
    failedInBatch: 0,
    failedInTotal: 0,
    state: { state: "running" },
  };
}

/** The first batch goes on record, of a run that rolls. */
export function noteStart(world: World, instance: InstanceRecord): void {
  if (isRolling(instance)) note(world, instance, instance.rolling, { step: "batch" });
}

/** The run is over, or was ended: no node is left for a batch. */
export function rollingEnded({ rolling }: InstanceRecord): Pick<InstanceRecord, "rolling"> {
  return rolling === undefined ? {} : { rolling: { ...rolling, openNodes: 0, heldNodes: 0 } };
}

/** Whether the present batch is the canary: the first one, until it was followed by another. */
export function isCanary({ policy, batch }: RollingProgress): boolean {
  return policy.canary !== null && batch === 1;
}

/** A target of a run has ended, however it did. */
export function targetEnded(
  fleet: Fleet,
  world: World,
  job: JobNumber,
  { hasFailed, wasHeld }: { readonly hasFailed: boolean; readonly wasHeld: boolean },
): void {
  const instance = instanceOfJob(fleet, job);
  if (instance === null || !isRolling(instance)) return;
  const { rolling } = instance;
  if (wasHeld) {
    moveOn(fleet, world, instance, { ...rolling, heldNodes: rolling.heldNodes - 1 });
    return;
  }
  const openNodes = rolling.openNodes - 1;
  // A node that ends while nothing rolls was run again by a person, or had begun before the run was stopped.
  const failures = hasFailed && rolling.state.state === "running" ? 1 : 0;
  const now = {
    ...rolling,
    openNodes,
    failedInBatch: rolling.failedInBatch + failures,
    failedInTotal: rolling.failedInTotal + failures,
  };
  const reason = failures === 0 ? null : limitReached(now);
  if (reason === null) moveOn(fleet, world, instance, now);
  else stopRolling(fleet, world, instance, now, reason);
}

/** Why no further node may start; null: the failures are fewer than the policy bears. */
function limitReached(rolling: RollingProgress): string | null {
  const { policy, batch, batchNodes, targetCount, failedInBatch, failedInTotal } = rolling;
  if (isCanary(rolling)) return "A node of the canary failed";
  const { perBatch, inTotal } = policy.stopAfterFailures;
  const ofBatch = perBatch === null ? null : failureLimit(perBatch, batchNodes);
  if (ofBatch !== null && failedInBatch >= ofBatch) {
    return `${failedInBatch} of the ${batchNodes} nodes of batch ${batch} failed, which stops the run`;
  }
  const ofAll = inTotal === null ? null : failureLimit(inTotal, targetCount);
  if (ofAll !== null && failedInTotal >= ofAll) {
    return `${failedInTotal} of ${targetCount} nodes failed, which stops the run`;
  }
  return null;
}

/** Nothing is sent any more; what was sent goes on. With nothing left that could be sent there is nothing to stop. */
function stopRolling(
  fleet: Fleet,
  world: World,
  instance: Rolling,
  rolling: RollingProgress,
  reason: string,
): void {
  const taken = world.hold(instance.job);
  const now: RollingProgress = {
    ...rolling,
    openNodes: rolling.openNodes - taken,
    heldNodes: rolling.heldNodes + taken,
  };
  if (now.heldNodes === 0) {
    save(fleet, instance, now);
    return;
  }
  save(fleet, instance, { ...now, state: { state: "stopped", reason } });
  note(world, instance, now, { step: "stopped", reason });
}

/** The next batch or its pause, once the present one is over. */
function moveOn(fleet: Fleet, world: World, instance: Rolling, rolling: RollingProgress): void {
  const isOver = rolling.openNodes === 0 && rolling.heldNodes > 0;
  if (!isOver || rolling.state.state !== "running") {
    save(fleet, instance, rolling);
    return;
  }
  const { pauseMs } = rolling.policy;
  if (pauseMs === 0) {
    nextBatch(fleet, world, instance, rolling);
    return;
  }
  const until = pauseMs === null ? null : fleet.now + pauseMs;
  save(fleet, instance, { ...rolling, state: { state: "paused", until } });
  note(world, instance, rolling, { step: "paused", until });
}

/** As many of the held nodes as the batch has room for beside those that have not ended. */
function nextBatch(fleet: Fleet, world: World, instance: Rolling, rolling: RollingProgress): void {
  const size = batchSize(rolling.policy.batch, rolling.targetCount);
  const room = Math.max(0, size - rolling.openNodes);
  const released = world.release(instance.job, room);
  const openNodes = rolling.openNodes + released;
  const now: RollingProgress = {
    ...rolling,
    batch: rolling.batch + 1,
    batchNodes: openNodes,
    openNodes,
    heldNodes: rolling.heldNodes - released,
    failedInBatch: 0,
    state: { state: "running" },
  };
  save(fleet, instance, now);
  note(world, instance, now, { step: "batch" });
}

/** A person lets it go on. What failed before a stop was dealt with, so that both counts begin anew. */
export function resumeRolling(fleet: Fleet, world: World, instance: Rolling, who: string): void {
  const { rolling } = instance;
  const wasStopped = rolling.state.state === "stopped";
  const anew = wasStopped ? { ...rolling, failedInBatch: 0, failedInTotal: 0 } : rolling;
  note(world, instance, anew, { step: "resumed", reason: who });
  nextBatch(fleet, world, instance, anew);
}

/**
 * Nodes of an ended run that run again do so in batches too, without a canary: all of them are held, and the first batch
 * is released here.
 */
export function rollAgain(fleet: Fleet, world: World, instance: Rolling, nodeCount: number): void {
  nextBatch(fleet, world, instance, {
    ...newRolling({ ...instance.rolling.policy, canary: null }, instance.targetCount),
    batch: 0,
    openNodes: 0,
    heldNodes: nodeCount,
  });
}

/**
 * Why nodes may not be run again now; null: they may. While a run is paused or was stopped they begin at once, as a check
 * whether it may go on, and still never more of them than a batch has.
 */
export function rerunMistake(instance: Rolling, nodeCount: number): Refusal | null {
  const { number, endedAt, rolling } = instance;
  if (endedAt !== null) return null;
  if (rolling.openNodes > 0) {
    return refuse(
      "InstanceRolling",
      `${counted(rolling.openNodes, "node")} of task instance #${number} ${rolling.openNodes === 1 ? "has" : "have"} not ended, and it rolls.`,
      "Wait until its batch is over and it is paused, stopped or at its end.",
    );
  }
  const size = batchSize(rolling.policy.batch, rolling.targetCount);
  if (nodeCount <= size) return null;
  return refuse(
    "InstanceRolling",
    `Expected at most ${counted(size, "node")}, the size of a batch, while task instance #${number} rolls, and got ${nodeCount}.`,
    "Run fewer of them again, or wait until the run is at its end.",
  );
}

/** Nodes run again beside the batches; their ends are not counted. */
export function withOpenNodes(instance: Rolling, added: number): InstanceRecord {
  const { rolling } = instance;
  return { ...instance, rolling: { ...rolling, openNodes: rolling.openNodes + added } };
}

/** When the next pause is over; null: none is. */
export function nextPauseEndAt({ pauses }: Fleet): number | null {
  let next: number | null = null;
  for (const until of pauses.values()) if (next === null || until < next) next = until;
  return next;
}

/** The next batches of runs whose pause is over. */
export function endPauses(fleet: Fleet, world: World): void {
  for (const [number, until] of [...fleet.pauses]) {
    const instance = fleet.instances.get(number);
    if (until > fleet.now || instance === undefined || !isRolling(instance)) continue;
    nextBatch(fleet, world, instance, instance.rolling);
  }
}

export function isRolling(instance: InstanceRecord): instance is Rolling {
  return instance.rolling !== undefined;
}

function save(fleet: Fleet, instance: InstanceRecord, rolling: RollingProgress): void {
  saveInstance(fleet, { ...instance, rolling });
}

function note(
  world: World,
  { number, definitionId, job }: InstanceRecord,
  { batch, batchNodes, heldNodes, failedInBatch, failedInTotal }: RollingProgress,
  step: Pick<RollingNote, "step"> & Partial<Pick<RollingNote, "until" | "reason">>,
): void {
  world.noteRolling(job, {
    instanceNo: number,
    definitionId,
    ...{ batch, batchNodes, heldNodes, failedInBatch, failedInTotal },
    until: null,
    reason: null,
    ...step,
  });
}
