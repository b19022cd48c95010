import type { JobRules } from "../cli/io.ts";
import { cronMistake } from "../schedule/cron.ts";
import { SPEC_VALIDATORS } from "../server/groups/jobRules.ts";

/** The server's rules, for the CLI, which reads job files itself. */
export const JOB_RULES: JobRules = { cronCheck: cronMistake, validators: SPEC_VALIDATORS };
