import { z } from "zod";
import { decideReschedule, shouldReschedule } from "../../../src/policy/reschedule.ts";
import { type Mismatch, unknownKind, type Vector } from "../area.ts";
import { compareExpected } from "../compare.ts";
import { camelCased } from "../names.ts";
import { clientStatus, desiredStatus, pastReschedules, reschedulePolicy } from "../policies.ts";

const shared = {
  clientStatus,
  desiredStatus,
  failAtMs: z.number().nullable(),
  policy: reschedulePolicy.nullable(),
};
const should = z.object({ ...shared, events: pastReschedules });
const next = z.object({
  ...shared,
  tracker: z
    .object({
      lastReschedule: z.enum(["ok", "no placement"]).nullish(),
      events: pastReschedules,
    })
    .nullish(),
});

export function driveRescheduleEligibility(vector: Vector): readonly Mismatch[] {
  const input = camelCased(vector);
  switch (vector["kind"]) {
    case "should_reschedule": {
      const { failAtMs: failedAt, events, ...rest } = should.parse(input);
      const tracker = { lastReschedule: null, events };
      const got = shouldReschedule({ ...rest, failedAt, tracker });
      return compareExpected(vector["expect"], { should_reschedule: got });
    }
    case "next_reschedule_time": {
      const { failAtMs: failedAt, tracker, ...rest } = next.parse(input);
      const history = tracker
        ? { lastReschedule: tracker.lastReschedule ?? null, events: tracker.events }
        : null;
      const got = decideReschedule({ ...rest, failedAt, tracker: history });
      const { eligible, nextAt } = got;
      return compareExpected(vector["expect"], { eligible, next_reschedule_at_ms: nextAt });
    }
    default:
      return unknownKind(vector);
  }
}
