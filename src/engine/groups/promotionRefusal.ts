import type { Deployment } from "../../model/groupJob.ts";
import { isoTime } from "../../model/time.ts";
import { isUnpromoted, type PromotableGroup } from "../../policy/canary.ts";
import type { Reply } from "../input.ts";
import { refuse } from "../nodes.ts";
import type { Engine, Job } from "../state.ts";
import { faultOfGroup } from "./fault.ts";
import { groupsOf } from "./jobGroups.ts";

/** Why a promotion is refused: what was expected, what is there, and what to do. */

/** Nothing of it is placed, so nothing of it can be replaced. */
export function refusedWhileDisabled({ record: { state, spec } }: Job): Reply | null {
  if (state !== "disabling" && state !== "disabled") return null;
  return refuse(
    "JobNotActive",
    `Job ${spec.id} is ${state}; only a job that is active can be promoted.`,
    state === "disabled"
      ? "Enable it first, then promote it."
      : "Wait until it is disabled, and enable it. Then promote it.",
  );
}

/** There is none, or it is over. */
export function refusedByDeployment(job: Job, deployment: Deployment | null): Reply {
  const { id, type } = job.record.spec;
  if (deployment === null) {
    const why =
      type === "service"
        ? "no group of it has both an update block and a count"
        : `it is a ${type} job`;
    return refuse(
      "ConditionNotMet",
      `Expected a deployment of job ${id} that waits for a promotion, and it has none: ${why}.`,
      "Nothing needs to be promoted: only versions of services with update { canary = N } do.",
    );
  }
  return refuse(
    "ConditionNotMet",
    `Deployment ${deployment.id} of job ${id} is ${deployment.status}; only a running one can be promoted. ${outcomeOf(job, deployment)}`,
    wayAfter(id, deployment),
  );
}

function outcomeOf(job: Job, { status, version, description, failure }: Deployment): string {
  switch (status) {
    case "running":
    case "successful":
      return `Version ${version} runs${promotionsText(job)}.`;
    case "failed":
      return `${failure?.message ?? description}.`;
    case "cancelled":
      return `${description}.`;
  }
}

function wayAfter(id: string, { status }: Deployment): string {
  switch (status) {
    case "running":
    case "successful":
      return "Nothing more is to be promoted.";
    case "failed":
      return `Run a job file that mends it: the same one again makes no new version. Or go back to one of stint job history ${id}.`;
    case "cancelled":
      return `See how it stands: stint job status ${id}.`;
  }
}

/** `, promoted: G by NAME at TIME`; empty: nobody had to. */
function promotionsText(job: Job): string {
  const { promotions } = groupsOf(job).record;
  const texts = promotions.map(
    ({ groups, by, at }) => `${groups.join(", ")} by ${by ?? "auto_promote"} at ${isoTime(at)}`,
  );
  return texts.length === 0 ? "" : `, promoted: ${texts.join("; ")}`;
}

/** A deployment goes on, and nothing of it waits for a promotion. */
export function refusedWithoutNeed(job: Job): Reply {
  const { id } = job.record.spec;
  const { spec, record } = groupsOf(job);
  const hasCanaries = spec.groups.some(({ update }) => (update?.canary ?? 0) > 0);
  const why =
    record.promotions.length > 0
      ? `they are in their places${promotionsText(job)}`
      : hasCanaries
        ? `version ${record.version} replaces nothing that has to be tried first`
        : "no group of it has canaries in its update block";
  return refuse(
    "ConditionNotMet",
    `Expected canaries of job ${id} that wait for a promotion, and there are none: ${why}.`,
    `Nothing more is to be promoted, it goes on by itself. See how far it is: stint job status ${id}.`,
  );
}

/** Groups were named that have no canaries. */
export function refusedNames(job: Job, all: readonly PromotableGroup[], reason: string): Reply {
  const names = all.filter(isUnpromoted).map(({ group }) => group);
  return refuse(
    "InvalidPropertyValue",
    `Expected groups of job ${job.record.spec.id} with canaries, and ${reason}.`,
    names.length === 0
      ? "No group waits for a promotion."
      : `These can be promoted: ${names.join(", ")}.`,
    "groups",
  );
}

/** Canaries are not healthy, or not yet. */
export function refusedUnhealthy(
  engine: Engine,
  job: Job,
  groups: readonly PromotableGroup[],
  reason: string,
): Reply {
  const { id } = job.record.spec;
  const { spec, record } = groupsOf(job);
  const short = groups.filter((one) => isUnpromoted(one) && one.healthy < one.wanted);
  const faults = short.flatMap(({ group: name }) => {
    const group = spec.groups.find((one) => one.name === name);
    const fault = group === undefined ? null : faultOfGroup(engine, job, group);
    return fault === null ? [] : [` ${fault.message}.`];
  });
  const deadlines = short.flatMap(
    ({ group }) => record.deployment?.groups[group]?.progressBy ?? [],
  );
  const until =
    deadlines.length === 0 ? "" : `, until ${isoTime(Math.min(...deadlines))} at the latest`;
  return refuse(
    "ConditionNotMet",
    `Expected all canaries of job ${id} to be healthy, and not all are. ${reason}.${faults.join("")}`,
    `Wait for them${until}, or run a job file that mends it. See how they are: stint job status ${id}.`,
  );
}
