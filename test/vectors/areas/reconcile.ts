import { z } from "zod";
import { RESCHEDULE_DEFAULTS } from "../../../src/model/groupDefaults.ts";
import type { DeploymentView } from "../../../src/policy/groupEnd.ts";
import {
  type Classification,
  classifyExecution,
  type GroupExecution,
  type GroupToReconcile,
  reconcileGroup,
} from "../../../src/policy/reconcileGroup.ts";
import { type Mismatch, unknownKind, type Vector } from "../area.ts";
import { compareExpected } from "../compare.ts";
import { camelCased } from "../names.ts";
import { clientStatus, desiredStatus, jobType, reschedulePolicy } from "../policies.ts";

const lastReschedule = z.enum(["ok", "no placement"]).nullish();
const classify = z.object({
  jobType,
  desiredStatus,
  clientStatus,
  ranSuccessfully: z.boolean().default(false),
  lastReschedule,
});
const alloc = z.object({
  index: z.number(),
  clientStatus,
  desiredStatus: desiredStatus.default("run"),
  nextAllocIndex: z.number().nullish(),
  finishedAtMs: z.number().nullish(),
  eventsAtMs: z.array(z.number()).nullish(),
  ranSuccessfully: z.boolean().nullish(),
  lastReschedule,
  forceReschedule: z.boolean().nullish(),
  deployment: z.string().nullish(),
});
const group = z.object({
  jobType,
  count: z.number(),
  policy: z.union([z.templateLiteral(["default-", jobType]), reschedulePolicy.nullable()]),
  nowMs: z.number(),
  deployment: z.object({ status: z.string() }).nullish(),
  allocs: z.array(alloc),
});
type Group = z.output<typeof group>;

const OUTCOMES: Readonly<Record<Classification, string>> = {
  counts: "counts",
  ignored: "ignored",
  checkRescheduleTime: "check_reschedule_time",
};

/** In the tests that the cases come from, what was never modified was modified at the epoch: long ago. */
const LONG_AGO_MS = -1e12;

function policyOf({ policy }: Group): GroupToReconcile["policy"] {
  if (typeof policy !== "string") return policy;
  return RESCHEDULE_DEFAULTS[jobType.parse(policy.replace("default-", ""))];
}

function viewOf(given: Group, { deployment }: z.output<typeof alloc>): DeploymentView {
  if (deployment !== "current") return "none";
  if (given.deployment?.status === "failed") return "failed";
  return given.deployment?.status === "running" ? "running" : "none";
}

function executionOf(given: Group, item: z.output<typeof alloc>): GroupExecution {
  const events = item.eventsAtMs?.map((at) => ({ at, delayMs: 0 })) ?? null;
  const last = item.lastReschedule ?? null;
  return {
    index: item.index,
    clientStatus: item.clientStatus,
    desiredStatus: item.desiredStatus,
    ranSuccessfully: item.ranSuccessfully ?? item.clientStatus === "complete",
    failedAt: item.finishedAtMs ?? LONG_AGO_MS,
    tracker: events === null && last === null ? null : { lastReschedule: last, events },
    isReplaced: item.nextAllocIndex != null,
    isForced: item.forceReschedule ?? false,
    deployment: viewOf(given, item),
  };
}

export function driveReconcile(vector: Vector): readonly Mismatch[] {
  const input = camelCased(vector);
  switch (vector["kind"]) {
    case "classify": {
      const { jobType: type, lastReschedule: last, ...rest } = classify.parse(input);
      const tracker = last ? { lastReschedule: last, events: null } : null;
      const outcome = OUTCOMES[classifyExecution(type, { ...rest, tracker })];
      return compareExpected(vector["expect"], { outcome });
    }
    case undefined: {
      const given = group.parse(input);
      const plan = reconcileGroup(
        {
          jobType: given.jobType,
          count: given.count,
          policy: policyOf(given),
          isDeploymentFailed: given.deployment?.status === "failed",
          executions: given.allocs.map((item) => executionOf(given, item)),
        },
        given.nowMs,
      );
      return compareExpected(vector["expect"], {
        place: plan.place,
        stop: plan.replaced.length + plan.surplus.length,
        reschedule_now: plan.replaced.length,
        reschedule_later: plan.later.length,
        followup_evals_at_ms: plan.followUpsAt,
        ignore: plan.kept.length,
      });
    }
    default:
      return unknownKind(vector);
  }
}
