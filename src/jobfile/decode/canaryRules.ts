import type { GroupJobType } from "../../model/groupDefaults.ts";
import type { UpdatePolicy } from "../../model/groupPolicy.ts";
import type { Reading } from "../read/reading.ts";

/** What `canary` and `auto_promote` cannot be written with; the first is Nomad's rule, of the others Nomad says nothing. */
export function canaryIssues(
  { canary, autoPromote, maxParallel }: UpdatePolicy,
  jobType: GroupJobType,
  path: string,
  reading: Reading,
): void {
  if (canary === 0) {
    if (!autoPromote) return;
    const message = "auto_promote needs a canary count greater than 0, and there are no canaries.";
    const fix = "Write canary = 1 or more, or remove auto_promote.";
    reading.issue({
      path: `${path}.autoPromote`,
      code: "auto_promote_without_canary",
      message,
      fix,
    });
    return;
  }
  if (!reading.refuses) return;
  const at = `${path}.canary`;
  if (jobType !== "service") {
    const message = `canary is for jobs of type service: a ${jobType} job has no deployment to promote, and replaces what it has in steps.`;
    reading.issue({ path: at, code: "canary_job_type", message, fix: "Remove it." });
  } else if (maxParallel === 0) {
    const message = "canary needs a deployment, and with max_parallel = 0 there is none.";
    const fix = "Write max_parallel = 1 or more, or remove canary.";
    reading.issue({ path: at, code: "canary_without_deployment", message, fix });
  }
}
