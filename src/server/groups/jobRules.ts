import type { SpecValidators } from "../../jobfile/rules/specIssues.ts";
import {
  validateAffinity,
  validateConstraint,
  validateSpread,
} from "../../placement/validation.ts";
import { validateCheckRestart } from "../../policy/checkRestart.ts";
import { validateDisconnect } from "../../policy/disconnect.ts";
import { validateReschedule } from "../../policy/reschedulePolicy.ts";
import { validateRestart } from "../../policy/restartPolicy.ts";

/** What the parts that run a job say about it, for whoever reads it: the server, and the CLI from a file. */
export const SPEC_VALIDATORS: SpecValidators = {
  restart: validateRestart,
  reschedule: (policy) => validateReschedule(policy).findings,
  disconnect: validateDisconnect,
  checkRestart: validateCheckRestart,
  constraint: validateConstraint,
  affinity: validateAffinity,
  spread: validateSpread,
};
