import { z } from "zod";
import { carriedHistory, nextRescheduleDelay } from "../../../src/policy/rescheduleDelay.ts";
import type { Mismatch, Vector } from "../area.ts";
import { compareExpected } from "../compare.ts";
import { camelCased } from "../names.ts";
import { pastReschedules, reschedulePolicy } from "../policies.ts";

const schema = z.object({
  policy: reschedulePolicy,
  previousEvents: pastReschedules,
  failAtMs: z.number(),
  rescheduledAtMs: z.number(),
});

export function driveRescheduleTracker(vector: Vector): readonly Mismatch[] {
  const { policy, previousEvents, failAtMs, rescheduledAtMs } = schema.parse(camelCased(vector));
  const past = previousEvents ?? [];
  const delayMs = nextRescheduleDelay(policy, failAtMs, past);
  const events = carriedHistory(policy, past, { at: rescheduledAtMs, delayMs });
  const got = events.map((event) => ({ at_ms: event.at, delay_ms: event.delayMs }));
  return compareExpected(vector["expect"], { events: got });
}
