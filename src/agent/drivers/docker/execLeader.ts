import type { ProcessIdentity } from "../../core/contract.ts";
import { isAlive, kernelBootId } from "../../platform/processIdentity.ts";
import { identityOf, mayEnd, sessionOf } from "../../platform/processSession.ts";
import type { ContainerExec, InspectedExec } from "./containerExec.ts";
import { isInContainer } from "./containerLeader.ts";

/** The first process of a command in a container, on this machine. */
export interface ExecLeader {
  /** Null: it is not to be found, or nothing of it is left. */
  readonly identity: ProcessIdentity | null;
  /** Why it cannot be ended; null: it can, or has ended. */
  readonly shortcoming: string | null;
}

/** Of a process that has ended, when only its session is left: no process begins then. */
const NO_TICKS = -1;
/** An engine hears within this of the end of a command. */
const END_TOLD_MAX_MS = 1_000;
const NOTHING: ExecLeader = { identity: null, shortcoming: null };

/**
 * Engines have no way to end a command; on their own machine it is a process like others. The number that one tells is
 * trusted only when the process of that number is in the container: an agent in a container of its own sees others.
 */
export async function findLeader(
  exec: ContainerExec,
  { Pid: pid, ContainerID: container }: InspectedExec,
): Promise<ExecLeader> {
  if (pid <= 0) return NOTHING;
  const bootId = kernelBootId();
  const identity = identityOf(pid, bootId) ?? { bootId, pid, startTicks: NO_TICKS };
  const found = leaderOf(identity, container) ?? endedLeader(identity, container);
  if (found !== null) return found;
  if (await hasEnded(exec)) return NOTHING;
  const shortcoming =
    "The agent cannot end it, as its process is not to be found here: the engine is on another machine, or the agent in a container.";
  return { identity: null, shortcoming };
}

/** Null: nothing of its session is in the container. */
function leaderOf(identity: ProcessIdentity, container: string): ExecLeader | null {
  const members = [...new Set([identity.pid, ...sessionOf(identity, identity.bootId)])];
  if (!members.some((member) => isInContainer(member, container))) return null;
  if (members.every(mayEnd)) return { identity, shortcoming: null };
  return { identity, shortcoming: "The agent may not end it, as it is another user's." };
}

/**
 * Of one that has ended since it was found, and with that left its control group: what it began last may have been missed
 * when its session was looked at, and can be no more. Null: it has not ended.
 */
function endedLeader(identity: ProcessIdentity, container: string): ExecLeader | null {
  const hadBegun = identity.startTicks !== NO_TICKS;
  if (!hadBegun || isAlive(identity, identity.bootId)) return null;
  return leaderOf(identity, container) ?? NOTHING;
}

async function hasEnded(exec: ContainerExec): Promise<boolean> {
  return await exec
    .inspected(({ Running }) => !Running, END_TOLD_MAX_MS)
    .then(() => true)
    .catch(() => false);
}
