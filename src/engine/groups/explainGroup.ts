import type { MemberState } from "../../model/allocation.ts";
import type { ExecutionRecord } from "../../model/execution.ts";
import type { ExecutionAllocation } from "../../model/groupJob.ts";
import type { TaskRecord } from "../../model/task.ts";
import { isoTime } from "../../model/time.ts";
import { memberWait } from "../../policy/memberWait.ts";
import type { WaitReason } from "../explanation.ts";
import { poolOf } from "../ring.ts";
import type { Engine, Job } from "../state.ts";
import { canariesDecision } from "./canaries.ts";
import { boundNode, groupOf, groupsOf, progressOf } from "./jobGroups.ts";
import { canariesWanted } from "./kept.ts";

/** Why a task of a group is not placed: its time has not come, or no node suits. */
export function explainGroup(engine: Engine, job: Job, task: TaskRecord): WaitReason[] {
  const { actsAt, decision } = progressOf(task);
  if (actsAt !== null && actsAt > engine.now) {
    const message = `It is placed again at ${isoTime(actsAt)}: ${decision ?? "by policy"}.`;
    return [about("WaitsForReschedule", message)];
  }
  const pool = poolOf(engine, job);
  const { poolId } = job.record.spec;
  if (pool === null) {
    return [about("PoolNotFound", `There is no pool ${poolId}; nothing runs until it exists.`)];
  }
  const { accepts } = pool.record.spec;
  if (!accepts.includes("groups")) {
    const text = `Pool ${poolId} accepts ${accepts.join(", ") || "nothing"}, not groups.`;
    return [about("PoolDoesNotAccept", text)];
  }
  const node = boundNode(engine, task);
  if (node !== null && node.record.contact !== "connected") {
    const message = `It belongs to node ${node.record.id}, which can not be reached.`;
    return [{ ...about("NodeUnreachable", message), nodes: [node.record.id], nodeCount: 1 }];
  }
  const reasons = groupsOf(job).live.nowhere.get(task.number) ?? [];
  if (reasons.length > 0) return reasons.map((message) => about("NoNodeSuits", message));
  return [about("WaitsForTurn", "It is next and is about to be placed.")];
}

/** Why members of a placed execution do not run now, as their node tells it. */
export function explainMembers({ state }: ExecutionAllocation, nodeId: string): WaitReason[] {
  const members = state?.members ?? [];
  return members.flatMap((member) => {
    const reason = waitOf(member, nodeId);
    return reason === null ? [] : [{ ...reason, nodes: [nodeId], nodeCount: 1 }];
  });
}

function waitOf(state: MemberState, nodeId: string): WaitReason | null {
  const wait = memberWait(state);
  if (wait === null) return null;
  const which = `Its task "${state.member}" waits on node ${nodeId}`;
  switch (wait.kind) {
    case "template":
      return about("WaitsForTemplate", `${which} for what its template reads. ${wait.why}.`);
    case "restart": {
      const message = `${which} for its restart at ${isoTime(wait.at)}: ${wait.why}.`;
      return about("WaitsForRestart", message);
    }
  }
}

/** Whether it is a group of which nothing has run yet. */
export function isStarting({ allocation, startedAt }: ExecutionRecord): boolean {
  return allocation !== undefined && startedAt === null;
}

/** What a new version waits for that canaries try, of a task that keeps another or is such a canary. */
export function explainPromotion(engine: Engine, job: Job, task: TaskRecord): WaitReason[] {
  const group = groupOf(job, task);
  const wanted = group === null ? 0 : canariesWanted(job, group.name);
  if (group === null || wanted === 0 || job.record.state !== "active") return [];
  const { version } = groupsOf(job).record;
  const { healthy, isReady } = canariesDecision(engine, job, group);
  const message = isReady
    ? `Version ${version} waits for promotion: stint job promote ${job.record.spec.id}.`
    : `Version ${version} waits until its canaries are healthy: ${healthy}/${wanted} of group ${group.name} are.`;
  const { canary } = progressOf(task);
  const reasons = groupsOf(job).live.canaries.nowhere.get(task.number) ?? [];
  const isWaiting = canary?.state === "waiting" && reasons.length > 0;
  const nowhere = isWaiting ? reasons.map((text) => about("NoNodeSuits", text)) : [];
  return [about("WaitsForPromotion", message), ...nowhere];
}

function about(code: WaitReason["code"], message: string): WaitReason {
  return { code, message, nodes: [], nodeCount: 0 };
}
