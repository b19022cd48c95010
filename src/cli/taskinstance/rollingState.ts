import { counted } from "../../model/counted.ts";
import type { RollingProgressAnswer } from "../../protocol/api/answer/rolling.ts";
import { boxText, second } from "../output/cell.ts";
import type { Field } from "../output/view.ts";
import { rollingText } from "../task/rolling.ts";

/** Rows of a rolling run; nothing for another. */
export function rollingFields(
  rolling: RollingProgressAnswer | undefined,
  instanceNo: number,
): Field[] {
  if (rolling === undefined) return [];
  const { batch, batches, batchNodes, failedInBatch, failedInTotal, heldNodes, policy } = rolling;
  return [
    ["ROLLING", rollingText(policy)],
    ["STATE", stateText(rolling, instanceNo)],
    ["BATCH", `${batch} of ${batches}, ${counted(batchNodes, "node")}`],
    ["FAILED", `${failedInBatch} in the batch, ${failedInTotal} in total`],
    ["NOT STARTED", heldNodes],
  ];
}

/** Why it does not go on, and what lets it; in one sentence. */
export function stateText(rolling: RollingProgressAnswer, instanceNo: number): string {
  const resume = `stint taskinstance resume -in ${instanceNo}`;
  switch (rolling.state) {
    case "running":
      return "Running";
    case "ended":
      return "Ended";
    case "paused":
      return rolling.continueTime === undefined
        ? `Paused until it is resumed: ${resume}`
        : `Paused until ${boxText(second(rolling.continueTime))}`;
    case "stopped":
      return `Stopped: ${rolling.reason ?? ""}. Resume it: ${resume}`;
  }
}
