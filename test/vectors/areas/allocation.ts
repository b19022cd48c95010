import { z } from "zod";
import {
  allocationIndex,
  allocationStatus,
  isTerminated,
  lastEventAt,
} from "../../../src/policy/allocationStatus.ts";
import { type Mismatch, unknownKind, type Vector } from "../area.ts";
import { compareExpected } from "../compare.ts";
import { camelCased } from "../names.ts";
import { clientStatus, desiredStatus } from "../policies.ts";

const lastEvent = z.object({
  modifiedAtMs: z.number(),
  taskStates: z
    .record(z.string(), z.object({ finishedAtMs: z.number().nullish() }))
    .nullish()
    .transform((states) => states ?? {}),
});
const terminated = z.object({ clientStatus, desiredStatus });
const statuses = z.object({
  taskStates: z.array(z.enum(["pending", "running", "dead", "dead-failed"])),
});
const named = z.object({ name: z.string() });

export function driveAllocation(vector: Vector): readonly Mismatch[] {
  const input = camelCased(vector);
  const expected = vector["expect"];
  switch (vector["kind"]) {
    case "last_event_time": {
      const { modifiedAtMs, taskStates } = lastEvent.parse(input);
      const members = Object.values(taskStates).map(({ finishedAtMs }) => ({
        finishedAt: finishedAtMs ?? null,
      }));
      return compareExpected(expected, { at_ms: lastEventAt(members, modifiedAtMs) });
    }
    case "terminated":
      return compareExpected(expected, {
        terminated: isTerminated(terminated.parse(input).clientStatus),
      });
    case "client_status": {
      const members = statuses
        .parse(input)
        .taskStates.map((state) =>
          state === "dead-failed"
            ? { state: "dead" as const, failed: true }
            : { state, failed: false },
        );
      return compareExpected(expected, { client_status: allocationStatus(members) });
    }
    case "name_index":
      return compareExpected(expected, { index: allocationIndex(named.parse(input).name) });
    default:
      return unknownKind(vector);
  }
}
