import { z } from "zod";
import { decideReschedule } from "../../../src/policy/reschedule.ts";
import {
  carriedHistory,
  nextRescheduleDelay,
  type PastReschedule,
} from "../../../src/policy/rescheduleDelay.ts";
import { type Mismatch, unknownKind, type Vector } from "../area.ts";
import { compareExpected, type Fields } from "../compare.ts";
import { camelCased } from "../names.ts";
import { clientStatus, desiredStatus, pastReschedules, reschedulePolicy } from "../policies.ts";

const nextDelay = z.object({
  // "": nothing was reported yet.
  clientStatus: z.union([clientStatus, z.literal("").transform(() => "pending" as const)]),
  desiredStatus,
  failAtMs: z.number().nullable(),
  policy: reschedulePolicy,
  events: pastReschedules,
});
const sequence = z.object({
  policy: reschedulePolicy,
  runMsBeforeEachFailure: z.number(),
  attemptsToSimulate: z.number(),
});

function driveNextDelay(input: unknown): Fields {
  const { failAtMs: failedAt, events, ...rest } = nextDelay.parse(input);
  const tracker = events === null ? null : { lastReschedule: null, events };
  const { eligible, nextAt } = decideReschedule({ ...rest, failedAt, tracker });
  const delayMs =
    failedAt === null ? null : nextRescheduleDelay(rest.policy, failedAt, events ?? []);
  return { eligible, delay_ms: delayMs, next_reschedule_at_ms: nextAt };
}

function driveSequence(input: unknown): Fields {
  const { policy, runMsBeforeEachFailure, attemptsToSimulate } = sequence.parse(input);
  const delays: number[] = [];
  let history: readonly PastReschedule[] = [];
  let now = 0;
  for (let attempt = 0; attempt < attemptsToSimulate; attempt += 1) {
    const failedAt = now + runMsBeforeEachFailure;
    const delayMs = nextRescheduleDelay(policy, failedAt, history);
    delays.push(delayMs);
    now = failedAt + delayMs;
    history = carriedHistory(policy, history, { at: now, delayMs });
  }
  return { delays_ms: delays };
}

export function driveRescheduleDelay(vector: Vector): readonly Mismatch[] {
  const input = camelCased(vector);
  switch (vector["kind"]) {
    case "next_delay":
      return compareExpected(vector["expect"], driveNextDelay(input));
    case "sequence":
      return compareExpected(vector["expect"], driveSequence(input));
    default:
      return unknownKind(vector);
  }
}
