import type { Client } from "../../client/client.ts";
import { pause } from "../../client/waitUntil.ts";
import { counted } from "../../model/counted.ts";
import type { AllocationStub, GroupsStatus } from "../../protocol/api/answer/group.ts";
import { EXIT } from "../failure.ts";
import { printJson } from "../output/json.ts";
import { boxParts } from "../output/parts.ts";
import type { Session } from "../session.ts";
import { again } from "./again.ts";
import { type Deployment, deploymentLine, deploymentParts, promotionLine } from "./deployment.ts";
import { waitingName } from "./groupsParts.ts";
import { reversionText } from "./story.ts";

const FIRST_INTERVAL_MS = 20;
const MOST_INTERVAL_MS = 1000;
/** A server may be away this long, for an upgrade say. */
const PATIENCE_MS = 5 * 60_000;
/** The version that was watched is not what runs. */
const EXIT_NOT_RUN = 2;

export interface WatchedVersion {
  readonly jobId: string;
  readonly version: number;
  /** It was there already: what has been placed is no work of this command. Default false. */
  readonly isUnchanged?: boolean;
}

/**
 * Shows how a version comes up, until its deployment is over, the promotion that it waits for included, or without one
 * until all its tasks are placed. The exit code is 0 when that went well, 1 when a task without a deployment was given
 * up, 2 when another version runs or none. Ctrl-C ends the watching alone.
 */
export async function watchGroups(
  session: Session,
  client: Client,
  watched: WatchedVersion,
): Promise<number> {
  const tell = noteChanges(session);
  const patience = {
    now: session.io.now,
    signal: session.signal,
    patienceMs: PATIENCE_MS,
    onAway: (error: Error) => void session.note(`${error.message}; trying again`),
  };
  let intervalMs = FIRST_INTERVAL_MS;
  while (true) {
    const status = await again(() => client.groups.status(watched.jobId), patience);
    for (const line of progressLines(status, watched)) await tell(line);
    if (isOver(status, watched)) {
      const isTold = deploymentOf(status, watched) !== undefined || isReplaced(status, watched);
      const all = () => client.groups.allocations(watched.jobId, true);
      const allocations = isTold ? [] : (await again(all, patience)).items;
      if (status.status === "dead" || !allocations.some((one) => makesWay(one, watched))) {
        return await printEnd(session, { status, watched, allocations });
      }
    }
    await pause(intervalMs, session.signal);
    session.signal.throwIfAborted();
    intervalMs = Math.min(intervalMs * 1.5, MOST_INTERVAL_MS);
  }
}

/** Says each line once, as long as another one of its kind did not come between. */
function noteChanges(session: Session) {
  const last = new Map<string, string>();
  return async (line: string) => {
    const kind = line.slice(0, line.indexOf(":"));
    if (last.get(kind) === line) return;
    last.set(kind, line);
    await session.note(line);
  };
}

function deploymentOf({ deployment }: GroupsStatus, { version }: WatchedVersion) {
  return deployment?.version === version ? deployment : undefined;
}

function isReplaced(status: GroupsStatus, { version }: WatchedVersion): boolean {
  return status.version > version;
}

function progressLines(status: GroupsStatus, watched: WatchedVersion): string[] {
  const deployment = deploymentOf(status, watched);
  const placed = status.summary.map(
    ({ group, queued, starting, running }) =>
      `${group}: ${running} running, ${starting} starting, ${queued} queued`,
  );
  const waiting = status.waiting.flatMap((one) => {
    const { reasons, decision, isGivenUp } = one;
    const reason = isGivenUp || reasons.length === 0 ? decision : reasons.join(" ");
    const how = isGivenUp ? "was given up" : "waits";
    return reason === "" ? [] : [`${waitingName(one)} ${how}: ${reason}`];
  });
  const promotion = deployment === undefined ? null : promotionLine(deployment, watched.jobId);
  return [
    ...(deployment === undefined ? placed : [deploymentLine(deployment)]),
    ...waiting,
    ...(promotion === null ? [] : [promotion]),
  ];
}

function isOver(status: GroupsStatus, watched: WatchedVersion): boolean {
  if (status.status === "dead" || isReplaced(status, watched)) return true;
  const deployment = deploymentOf(status, watched);
  if (deployment !== undefined) return deployment.status !== "running";
  const isEndless = status.type === "service" || status.type === "system";
  return status.summary.every(
    ({ queued, starting }) => queued === 0 && (!isEndless || starting === 0),
  );
}

/** What is being replaced still holds its place. */
function makesWay({ version, desired, status }: AllocationStub, watched: WatchedVersion): boolean {
  return version < watched.version && desired === "stop" && RUNNING.has(status);
}

const RUNNING: ReadonlySet<AllocationStub["status"]> = new Set(["pending", "running"]);

/** Of this version, what runs or has done its work; what was stopped or failed is not there any more. */
function isPlaced({ version, desired, status }: AllocationStub, watched: WatchedVersion): boolean {
  const isThere = RUNNING.has(status) || status === "complete";
  return version === watched.version && desired === "run" && isThere;
}

interface End {
  readonly status: GroupsStatus;
  readonly watched: WatchedVersion;
  /** Empty: a deployment tells, or another version. */
  readonly allocations: readonly AllocationStub[];
}

async function printEnd(session: Session, end: End): Promise<number> {
  const { status, watched, allocations } = end;
  const deployment = deploymentOf(status, watched);
  const exitCode = exitOf(status, watched, deployment);
  if (session.form === "json") {
    await printJson(session, status);
  } else if (deployment !== undefined) {
    await session.print(boxParts(deploymentParts(deployment, status, false)));
  } else if (!isReplaced(status, watched) && watched.isUnchanged !== true) {
    const count = allocations.filter((one) => isPlaced(one, watched)).length;
    await session.print(`${watched.jobId} has ${counted(count, "allocation")} placed.`);
  }
  if (isReplaced(status, watched)) {
    const { version, reverted } = status;
    const how = reverted === undefined ? "" : `, reverted ${reversionText(reverted)}`;
    await session.note(
      `Version ${watched.version} of ${watched.jobId} was replaced by version ${version}${how}.`,
    );
  }
  if (exitCode !== EXIT.ok) {
    await session.note(`See why: stint job status ${watched.jobId}`);
  }
  return exitCode;
}

function exitOf(
  status: GroupsStatus,
  watched: WatchedVersion,
  deployment: Deployment | undefined,
): number {
  if (deployment !== undefined) return deployment.status === "successful" ? EXIT.ok : EXIT_NOT_RUN;
  if (isReplaced(status, watched) || status.isStopped) return EXIT_NOT_RUN;
  return status.waiting.some(({ isGivenUp }) => isGivenUp) ? EXIT.failed : EXIT.ok;
}
