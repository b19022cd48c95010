import { SCRIPT_RETENTION_MS } from "../../model/limits.ts";
import type { StartOrder } from "../../model/order.ts";
import type { CommandSpec } from "../../model/taskSpec.ts";
import type { LiveTask } from "../state.ts";

/**
 * What a start order says of a fleet script, whose one member is the script; of other tasks their command. The bound for the
 * start counts from when the target became ready, so that an order that is sent again has the same.
 */
export function workOf({
  job,
  task,
}: LiveTask): Pick<StartOrder, "members" | "startBefore" | "script"> {
  const { run } = job.record.spec;
  const { target } = task.spec;
  if (run === undefined || target === undefined) {
    return { members: [{ name: "main", command: task.spec }], startBefore: null };
  }
  const { instanceNo, definitionId, script, osUser, nodeTimeoutMs } = run;
  const command: CommandSpec = {
    commandLine: "",
    retentionMs: SCRIPT_RETENTION_MS,
    ...(osUser === null ? {} : { userIdentity: { kind: "named", userName: osUser } }),
    ...(nodeTimeoutMs === null ? {} : { maxWallClockMs: nodeTimeoutMs }),
  };
  return {
    members: [{ name: "main", command }],
    startBefore: (task.progress.previousStateAt ?? task.createdAt) + run.startWithinMs,
    script: {
      instanceNo,
      definitionId,
      script,
      arguments: run.arguments,
      startWithinMs: run.startWithinMs,
      attributes: target.attributes,
    },
  };
}
