import type { MemberState } from "../../model/allocation.ts";
import type { GroupSpec, MemberSpec } from "../../model/group.ts";
import { innerEnding, kindOf } from "../../policy/lifecycle.ts";
import type { Reply } from "../input.ts";
import { refuse } from "../nodes.ts";
import { effect } from "../record.ts";
import type { Engine, LiveTask } from "../state.ts";
import { allocationOf } from "./allocation.ts";
import { groupOfVersion } from "./jobGroups.ts";

/** Which members of an execution a person wants started anew. */
export interface RestartWish {
  /** Null: all. */
  readonly member: string | null;
  /** Also those that have ended. */
  readonly dead: boolean;
}

/** How a member takes a restart. waits: for its restart, which comes now. pending: it has not begun, and will by itself. */
type Readiness = "runs" | "waits" | "pending" | "ended" | "comesLast";

interface Restartable {
  readonly spec: MemberSpec;
  readonly state: MemberState;
}

type Refused = (Reply & { ok: false }) | null;

/** Starts members of an execution anew where it is; refused where that would do nothing. */
export function restartExecution(engine: Engine, live: LiveTask, wish: RestartWish): Reply {
  const group = groupOfVersion(live.job, live.task, allocationOf(live).version);
  const members = group === null ? [] : membersOf(group, live);
  const refused =
    refusedByNode(live) ??
    refusedByName(live, group, wish) ??
    refusedByEnd(live, members) ??
    refusedByMembers(live, members, wish);
  if (refused !== null) return refused;
  effect(engine, {
    effect: "restart",
    node: live.node.record.number,
    execution: live.execution.number,
    ...wish,
  });
  return { ok: true };
}

/** Those that the node has told of. */
function membersOf(group: GroupSpec, live: LiveTask): Restartable[] {
  const states = new Map(allocationOf(live).state?.members.map((state) => [state.member, state]));
  return group.members.flatMap((spec) => {
    const state = states.get(spec.name);
    return state === undefined ? [] : [{ spec, state }];
  });
}

function refusedByNode({ node }: LiveTask): Refused {
  if (node.record.contact === "connected") return null;
  return refuse(
    "NodeNotReachable",
    `Node ${node.record.id} can not be reached now.`,
    "Wait until it is back, or stop the execution to have another in its place.",
  );
}

function refusedByName(live: LiveTask, group: GroupSpec | null, { member }: RestartWish): Refused {
  const names = group?.members.map(({ name }) => name) ?? [];
  if (member === null || names.includes(member)) return null;
  return refuse(
    "InvalidPropertyValue",
    `Execution ${allocationOf(live).id} of ${live.task.id} has no member ${member}; it has ${names.join(", ")}.`,
    "Name one of them, or none for all.",
    "member",
  );
}

function refusedByEnd(live: LiveTask, members: readonly Restartable[]): Refused {
  const why = whyItEnds(live, members);
  if (why === null) return null;
  return refuse(
    "TaskNotRunning",
    `The execution of ${live.task.id} is being stopped${why}.`,
    `Job ${live.job.record.spec.id} starts another if it is wanted.`,
  );
}

/** As the end of a sentence; null: it does not end, as far as the node has told. */
function whyItEnds(live: LiveTask, members: readonly Restartable[]): string | null {
  if (live.execution.stopReason !== null) return "";
  const limit = allocationOf(live).state?.description;
  if (limit !== undefined) return `: ${limit}`;
  const others = members.filter(({ spec }) => kindOf(spec) !== "poststop");
  if (others.length > 0 && others.every(({ state }) => state.state === "dead")) {
    return ": all its tasks have ended";
  }
  const ending = innerEnding(members);
  switch (ending?.cause) {
    case "leaderDead":
      return `: its leader ${ending.member} has ended`;
    case "siblingFailed":
      return `: ${ending.member} failed`;
    case "mainsDead":
      return ": its main tasks have ended";
    case undefined:
      return null;
  }
}

function refusedByMembers(
  live: LiveTask,
  members: readonly Restartable[],
  { member, dead }: RestartWish,
): Refused {
  const meant = members.filter(({ spec }) => member === null || spec.name === member);
  const kinds = meant.map(readinessOf);
  const isTaken = (kind: Readiness) =>
    kind === "runs" || kind === "waits" || (dead && kind === "ended");
  if (kinds.some(isTaken)) return null;
  const said = meant.map((one) => `${one.spec.name} ${SENTENCE[readinessOf(one)]}`).join(", ");
  const hasEnded = kinds.includes("ended");
  return refuse(
    "TaskNotRunning",
    `Nothing to restart of execution ${allocationOf(live).id} of ${live.task.id}: ${said || "its node has not begun it yet"}.`,
    hasEnded
      ? "To run all its tasks in their order anew, also those that have ended, ask with `dead`: true."
      : "Wait: what has not begun starts by itself; explain its task to see what it waits for.",
  );
}

const SENTENCE: Readonly<Record<Readiness, string>> = {
  runs: "runs",
  waits: "waits for its restart",
  pending: "has not started yet",
  ended: "has ended",
  comesLast: "runs when all others have ended",
};

function readinessOf({ spec, state: { state, nextAt } }: Restartable): Readiness {
  if (kindOf(spec) === "poststop") return "comesLast";
  switch (state) {
    case "running":
      return "runs";
    case "pending":
      return nextAt === null ? "pending" : "waits";
    case "dead":
      return "ended";
  }
}
