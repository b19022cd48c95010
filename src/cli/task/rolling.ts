import type { RollingPolicyAnswer } from "../../protocol/api/answer/rolling.ts";
import { givenOf } from "../command/keyValue.ts";
import { UsageError } from "../failure.ts";

export interface RollingOptions {
  readonly batch: string | undefined;
  readonly canary: string | undefined;
  readonly pause: string | undefined;
  readonly batchFailures: string | undefined;
  readonly totalFailures: string | undefined;
}

/** The policy that the options name; undefined: none. Throws UsageError for the others without a size of batches. */
export function rollingOf(options: RollingOptions) {
  const { batch, canary, pause, batchFailures, totalFailures } = options;
  const given = givenOf({ canary, pause, batchFailures, totalFailures });
  if (batch !== undefined) return { batch, ...given };
  if (Object.keys(given).length === 0) return undefined;
  throw new UsageError(
    "Expected -bs,--batch with -ca,--canary, -pa,--pause, -bf,--batch-failures and -af,--total-failures: together they say how a run rolls.",
  );
}

/** `canary 1, then batches of 10%, pause PT5M, until 2 failures in a batch or 5% in total`. */
export function rollingText(policy: RollingPolicyAnswer): string {
  const { batch, canary, pause, batchFailures, totalFailures } = policy;
  const limits = [
    ...(batchFailures === undefined ? [] : [`${batchFailures} in a batch`]),
    ...(totalFailures === undefined ? [] : [`${totalFailures} in total`]),
  ];
  return [
    canary === undefined ? `batches of ${batch}` : `canary ${canary}, then batches of ${batch}`,
    ...(pause === undefined ? [] : [pause === "resume" ? "each resumed" : `pause ${pause}`]),
    ...(limits.length === 0 ? [] : [`stopped by failures: ${limits.join(" or ")}`]),
  ].join(", ");
}
