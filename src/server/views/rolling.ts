import { formatDuration } from "../../model/duration.ts";
import type { InstanceRecord } from "../../model/fleet/instance.ts";
import { amountText, batchSize, type RollingPolicy } from "../../model/fleet/rolling.ts";
import type {
  RollingPolicyAnswer,
  RollingProgressAnswer,
} from "../../protocol/api/answer/rolling.ts";
import { UNTIL_RESUMED } from "../../protocol/api/rolling.ts";
import { present, timeOf } from "./present.ts";

export function rollingPolicyView(policy: RollingPolicy): RollingPolicyAnswer {
  const { batch, canary, pauseMs, stopAfterFailures } = policy;
  const { perBatch, inTotal } = stopAfterFailures;
  const pause = pauseMs === null ? UNTIL_RESUMED : formatDuration(pauseMs);
  return {
    batch: amountText(batch),
    ...present({
      canary: canary === null ? null : amountText(canary),
      pause: pauseMs === 0 ? null : pause,
      batchFailures: perBatch === null ? null : amountText(perBatch),
      totalFailures: inTotal === null ? null : amountText(inTotal),
    }),
  };
}

/** Null: the instance does not roll. */
export function rollingProgressView({
  rolling,
  endedAt,
}: InstanceRecord): RollingProgressAnswer | null {
  if (rolling === undefined) return null;
  const { policy, targetCount, state, batch, heldNodes } = rolling;
  const size = batchSize(policy.batch, targetCount);
  const { batchNodes, openNodes, failedInBatch, failedInTotal } = rolling;
  return {
    policy: rollingPolicyView(policy),
    state: endedAt === null ? state.state : "ended",
    batch,
    batches: batch + Math.ceil(heldNodes / size),
    ...{ batchNodes, openNodes, heldNodes, failedInBatch, failedInTotal },
    ...present({
      continueTime: state.state === "paused" ? timeOf(state.until) : null,
      reason: state.state === "stopped" ? state.reason : null,
    }),
  };
}
