import type { GroupJobSpec } from "../../jobfile/decode/jobs.ts";
import { nomadJson } from "../../jobfile/nomad/jobs.ts";
import type {
  DeploymentFailure,
  JobVersion,
  Promotion,
  Reversion,
  VersionRecord,
} from "../../model/groupJob.ts";
import { isoTime } from "../../model/time.ts";
import type { JobVersionAnswer, VersionStory } from "../../protocol/api/answer/group.ts";
import { present } from "./present.ts";

/** A kept version of a job of groups. */
export function versionView(one: JobVersion): JobVersionAnswer {
  return {
    version: one.version,
    submitTime: isoTime(one.submittedAt),
    stable: one.stable,
    ...storyView(one),
    job: { ...nomadJson(one.spec as GroupJobSpec) },
  };
}

/** How a version came about, and who let it go on. */
export function storyView({ reverted, promotions }: VersionRecord): VersionStory {
  return {
    ...present({ reverted: reverted === null ? null : reversionView(reverted) }),
    promotions: promotions.map(promotionView),
  };
}

function reversionView({ from, to, by, failure }: Reversion) {
  const why = failure === null ? null : failureView(failure);
  return { from, to, automatic: by === null, ...present({ user: by, failure: why }) };
}

function promotionView({ groups, by, at }: Promotion) {
  return {
    groups: [...groups],
    automatic: by === null,
    ...present({ user: by }),
    time: isoTime(at),
  };
}

export function failureView({ group, taskId, allocationId, message }: DeploymentFailure) {
  return { group, taskId, ...present({ allocationId }), message };
}
