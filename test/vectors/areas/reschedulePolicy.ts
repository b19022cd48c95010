import { z } from "zod";
import { RESCHEDULE_DEFAULTS } from "../../../src/model/groupDefaults.ts";
import type { ReschedulePolicy } from "../../../src/model/groupPolicy.ts";
import {
  type RescheduleFindings,
  resolveReschedule,
  validateReschedule,
  validateRescheduleJobType,
} from "../../../src/policy/reschedulePolicy.ts";
import { type Mismatch, unknownKind, type Vector } from "../area.ts";
import { compareExpected, type Fields } from "../compare.ts";
import { camelCased, snakeCased } from "../names.ts";
import { jobType, partialReschedule, uncheckedReschedule } from "../policies.ts";

const validate = z.object({ policy: uncheckedReschedule });
const withType = z.object({ jobType });
const jobValidate = z.object({ jobType, policy: uncheckedReschedule.nullish() });
const merge = z.object({ jobType, job: partialReschedule, group: partialReschedule });

function written(policy: z.output<typeof partialReschedule>): Partial<ReschedulePolicy> {
  return JSON.parse(JSON.stringify(policy ?? {}));
}

function shown(policy: ReschedulePolicy | null): Fields {
  return { policy: policy === null ? null : snakeCased(policy) };
}

function verdict(findings: RescheduleFindings): Fields {
  const codes = findings.findings.map(({ code }) => code);
  const { possibleAttempts, recommendedIntervalMs } = findings;
  const fit = snakeCased({ possibleAttempts, recommendedIntervalMs });
  return { valid: codes.length === 0, errors_include: codes, ...fit };
}

function validateForJob(given: z.output<typeof jobValidate>): RescheduleFindings {
  const { policy } = given;
  const refused = policy == null ? [] : validateRescheduleJobType(given.jobType);
  if (refused.length === 0 && policy != null) return validateReschedule(policy);
  return { findings: refused, possibleAttempts: null, recommendedIntervalMs: null };
}

export function driveReschedulePolicy(vector: Vector): readonly Mismatch[] {
  const input = camelCased(vector);
  const expected = vector["expect"];
  switch (vector["kind"]) {
    case "validate":
      return compareExpected(expected, verdict(validateReschedule(validate.parse(input).policy)));
    case "default":
      return compareExpected(expected, shown(RESCHEDULE_DEFAULTS[withType.parse(input).jobType]));
    case "job_validate":
      return compareExpected(expected, verdict(validateForJob(jobValidate.parse(input))));
    case "merge": {
      const { jobType: type, job, group } = merge.parse(input);
      const policy = resolveReschedule(type, written(job), written(group));
      return compareExpected(expected, shown(policy));
    }
    default:
      return unknownKind(vector);
  }
}
