import type { JobRules } from "../cli/io.ts";
import { validateAffinity, validateConstraint, validateSpread } from "../placement/validation.ts";
import { validateCheckRestart } from "../policy/checkRestart.ts";
import { validateDisconnect } from "../policy/disconnect.ts";
import { validateReschedule } from "../policy/reschedulePolicy.ts";
import { validateRestart } from "../policy/restartPolicy.ts";
import { cronMistake } from "../schedule/cron.ts";

/** What the parts that run a job say about it, for whoever reads it from a file. */
export const JOB_RULES: JobRules = {
  cronCheck: cronMistake,
  validators: {
    restart: validateRestart,
    reschedule: (policy) => validateReschedule(policy).findings,
    disconnect: validateDisconnect,
    checkRestart: validateCheckRestart,
    constraint: validateConstraint,
    affinity: validateAffinity,
    spread: validateSpread,
  },
};
