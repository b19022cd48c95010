import type { Client } from "../../client/client.ts";
import { pause } from "../../client/waitUntil.ts";
import type { InstanceNode } from "../../protocol/api/answer/instance.ts";
import { again } from "../job/again.ts";
import { printable } from "../output/cell.ts";
import type { Session } from "../session.ts";
import { stateText } from "./rollingState.ts";
import { capitalised } from "./words.ts";

const FIRST_INTERVAL_MS = 50;
const MOST_INTERVAL_MS = 1000;
/** A server may be away this long, for an upgrade say. */
const PATIENCE_MS = 5 * 60_000;

/**
 * Says on stderr how each node ends, once for each, until all have ended or failures have stopped a rolling run; answers
 * how they stand then. What ended while the server was away is told when it is back.
 */
export async function followInstance(
  session: Session,
  client: Client,
  number: number,
): Promise<readonly InstanceNode[]> {
  const { signal, io } = session;
  const told = new Set<string>();
  const onAway = (error: Error) => void session.note(`${error.message}; trying again`);
  const watch = { now: io.now, signal, patienceMs: PATIENCE_MS, onAway };
  let intervalMs = FIRST_INTERVAL_MS;
  let rolls = true;
  let isStopped = false;
  let toldState = "Running";
  while (true) {
    const { items } = await again(() => client.instances.nodes(number, { limit: 0 }), watch);
    for (const node of items.filter(hasEnded)) {
      const key = `${node.execNo} ${node.nodeId}`;
      if (!told.has(key)) await session.note(endText(node));
      told.add(key);
    }
    if (isStopped || (items.length > 0 && items.every(hasEnded))) return items;
    if (rolls && items.some(({ status }) => status === "ready")) {
      const { rolling } = await again(() => client.instances.get(number), watch);
      rolls = rolling !== undefined;
      const state = rolling === undefined ? "Running" : stateText(rolling, number);
      if (state !== toldState) await session.note(`task-instance #${number}: ${state}`);
      toldState = state;
      isStopped = rolling?.state === "stopped" && rolling.openNodes === 0;
      // The last of them may have ended since the nodes were asked for.
      if (isStopped) continue;
    }
    await pause(intervalMs, signal);
    signal.throwIfAborted();
    intervalMs = Math.min(intervalMs * 1.5, MOST_INTERVAL_MS);
  }
}

function hasEnded({ status }: InstanceNode): boolean {
  return status === "complete" || status === "fail";
}

/** The exit code says it all, or the reason why there is none. */
function endText({ nodeId, status, result, exitCode, reason = "" }: InstanceNode): string {
  const how = `${nodeId}: ${capitalised(status)}, ${capitalised(result)}`;
  if (exitCode !== undefined) return `${how}, exit code ${exitCode}`;
  return reason === "" ? how : `${how}: ${printable(reason).replaceAll("\n", " ")}`;
}
