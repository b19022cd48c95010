import type { Client } from "../../client/client.ts";
import { pause } from "../../client/waitUntil.ts";
import { counted } from "../../model/counted.ts";
import type { GroupsStatus } from "../../protocol/api/answer/group.ts";
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
const EXIT_FAILED = 2;

export interface WatchedVersion {
  readonly jobId: string;
  readonly version: number;
}

/**
 * Shows how a version comes up, until its deployment is over, the promotion that it waits for included, or without one
 * until all its tasks are placed; the exit code is 0 when that went well, 2 when not. Ctrl-C ends the watching alone.
 */
export async function watchGroups(
  session: Session,
  client: Client,
  watched: WatchedVersion,
): Promise<number> {
  const tell = noteChanges(session);
  let intervalMs = FIRST_INTERVAL_MS;
  while (true) {
    const status = await again(() => client.groups.status(watched.jobId), {
      now: session.io.now,
      signal: session.signal,
      patienceMs: PATIENCE_MS,
      onAway: (error) => void session.note(`${error.message}; trying again`),
    });
    for (const line of progressLines(status, watched)) await tell(line);
    if (isOver(status, watched)) return await printEnd(session, status, watched);
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

function progressLines(status: GroupsStatus, watched: WatchedVersion): string[] {
  const deployment = deploymentOf(status, watched);
  const placed = status.summary.map(
    ({ group, queued, starting, running }) =>
      `${group}: ${running} running, ${starting} starting, ${queued} queued`,
  );
  const waiting = status.waiting.flatMap((one) => {
    const { reasons, decision } = one;
    const reason = reasons.length === 0 ? decision : reasons.join("; ");
    return reason === "" ? [] : [`${waitingName(one)} waits: ${reason}`];
  });
  const promotion = deployment === undefined ? null : promotionLine(deployment, watched.jobId);
  return [
    ...(deployment === undefined ? placed : [deploymentLine(deployment)]),
    ...waiting,
    ...(promotion === null ? [] : [promotion]),
  ];
}

function isOver(status: GroupsStatus, watched: WatchedVersion): boolean {
  if (status.status === "dead" || status.version > watched.version) return true;
  const deployment = deploymentOf(status, watched);
  if (deployment !== undefined) return deployment.status !== "running";
  const isEndless = status.type === "service" || status.type === "system";
  return status.summary.every(
    ({ queued, starting }) => queued === 0 && (!isEndless || starting === 0),
  );
}

async function printEnd(
  session: Session,
  status: GroupsStatus,
  watched: WatchedVersion,
): Promise<number> {
  const deployment = deploymentOf(status, watched);
  const exitCode = exitOf(status, watched, deployment);
  if (session.form === "json") {
    await printJson(session, status);
  } else if (deployment !== undefined) {
    await session.print(boxParts(deploymentParts(deployment, status, false)));
  } else if (status.version <= watched.version) {
    const count = status.summary.reduce((sum, { running, starting, complete }) => {
      return sum + running + starting + complete;
    }, 0);
    await session.print(`${watched.jobId} has ${counted(count, "allocation")} placed.`);
  }
  if (status.version > watched.version) {
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
  if (deployment !== undefined) return deployment.status === "successful" ? EXIT.ok : EXIT_FAILED;
  const isReplaced = status.version > watched.version;
  const hasFailed = status.status === "dead" && status.summary.some(({ failed }) => failed > 0);
  return isReplaced || hasFailed || status.isStopped ? EXIT_FAILED : EXIT.ok;
}
