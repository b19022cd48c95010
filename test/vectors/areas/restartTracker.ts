import { z } from "zod";
import {
  decideRestart,
  newRestartState,
  type RestartDecision,
  type RestartEvent,
} from "../../../src/policy/restart.ts";
import type { Mismatch, Vector } from "../area.ts";
import { compareExpected } from "../compare.ts";
import { camelCased } from "../names.ts";
import { jobType, restartPolicy } from "../policies.ts";

const input = z.union([
  z.object({
    exitCode: z.number(),
    signal: z.number().optional(),
    oomKilled: z.boolean().optional(),
  }),
  z.object({ startError: z.enum(["recoverable", "unrecoverable"]) }),
  z.object({ killed: z.literal(true) }),
  z.object({ restartTriggered: z.enum(["manual", "failure"]) }),
]);
const schema = z.object({
  policy: restartPolicy,
  jobType,
  lifecycle: z
    .object({
      hook: z.enum(["prestart", "poststart", "poststop"]),
      sidecar: z.boolean().default(false),
    })
    .nullish(),
  steps: z.array(z.object({ atMs: z.number(), input, expect: z.unknown() })),
});

const STATES: Readonly<Record<RestartDecision["action"], string>> = {
  restart: "restarting",
  fail: "not_restarting",
  terminated: "terminated",
  killed: "killed",
};

function eventOf(given: z.output<typeof input>): RestartEvent {
  if ("exitCode" in given) {
    const { exitCode, signal, oomKilled } = given;
    return { kind: "exited", exitCode, signal: signal ?? null, oomKilled: oomKilled ?? false };
  }
  if ("startError" in given) {
    return { kind: "startFailed", recoverable: given.startError === "recoverable" };
  }
  if ("killed" in given) return { kind: "killed" };
  return { kind: "restartAsked", by: given.restartTriggered };
}

/** The least, a middle and the greatest chance: whatever comes, the result lies in the range that is expected. */
const CHANCES = [0, 0.5, 1 - Number.EPSILON];

export function driveRestartTracker(vector: Vector): readonly Mismatch[] {
  const { policy, jobType: type, lifecycle, steps } = schema.parse(camelCased(vector));
  return CHANCES.flatMap((chance) => {
    let state = newRestartState(type, lifecycle ?? null, 0);
    return steps.flatMap((step, index) => {
      const decided = decideRestart(state, policy, eventOf(step.input), step.atMs, () => chance);
      state = decided.state;
      const { action } = decided.decision;
      const delayMs = decided.decision.action === "restart" ? decided.decision.delayMs : 0;
      const found = compareExpected(step.expect, { state: STATES[action], delayMs });
      return found.map((mismatch) => ({ ...mismatch, what: `steps[${index}].${mismatch.what}` }));
    });
  });
}
