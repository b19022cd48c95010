import type { JobRules } from "../cli/io.ts";
import { cronMistake, isTimeZone } from "../schedule/cron.ts";
import { SPEC_VALIDATORS } from "../server/groups/jobRules.ts";

/** The server's rules, for the CLI, which reads job files itself. */
export const JOB_RULES: JobRules = {
  cronCheck: { expression: cronMistake, isTimeZone },
  validators: SPEC_VALIDATORS,
};
