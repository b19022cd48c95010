import { z } from "zod";
import { RESTART_DEFAULTS } from "../../../src/model/groupDefaults.ts";
import type { RestartPolicy } from "../../../src/model/groupPolicy.ts";
import { resolveRestart, validateRestart } from "../../../src/policy/restartPolicy.ts";
import { type Mismatch, unknownKind, type Vector } from "../area.ts";
import { compareExpected } from "../compare.ts";
import { camelCased, snakeCased } from "../names.ts";
import { jobType, partialRestart, uncheckedRestart } from "../policies.ts";

const withType = z.object({ jobType });
const merge = z.object({ jobType, group: partialRestart, task: partialRestart });

function written(policy: z.output<typeof partialRestart>): Partial<RestartPolicy> {
  return JSON.parse(JSON.stringify(policy ?? {}));
}

export function driveRestartPolicy(vector: Vector): readonly Mismatch[] {
  const input = camelCased(vector);
  switch (vector["kind"]) {
    case "validate": {
      const policy = z.object({ policy: uncheckedRestart }).parse(input).policy;
      const codes = validateRestart(policy).map(({ code }) => code);
      const got = { valid: codes.length === 0, errors_include: codes };
      return compareExpected(vector["expect"], got);
    }
    case "default": {
      const policy = RESTART_DEFAULTS[withType.parse(input).jobType];
      return compareExpected(vector["expect"], { policy: snakeCased(policy) });
    }
    case "merge": {
      const { jobType: type, group, task } = merge.parse(input);
      const merged = resolveRestart(type, written(group), written(task));
      const got = { group: snakeCased(merged.group), task: snakeCased(merged.member) };
      return compareExpected(vector["expect"], got);
    }
    default:
      return unknownKind(vector);
  }
}
