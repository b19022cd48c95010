import type { Fleet } from "../../fleet/state.ts";
import type { InstanceRecord } from "../../model/fleet/instance.ts";
import type { TaskRecord } from "../../model/task.ts";
import { isoTime } from "../../model/time.ts";
import type { Instance, InstanceNode } from "../../protocol/api/answer/instance.ts";
import { present, timeOf } from "./present.ts";
import { rollingProgressView } from "./rolling.ts";

export function instanceView(fleet: Fleet, instance: InstanceRecord): Instance {
  const { number, definitionId, revision, endedAt, result, targetCount, stopReason } = instance;
  const next = instance.nextTask === null ? undefined : fleet.definitions.get(instance.nextTask);
  return {
    ...{ number, definitionId, revision },
    startTime: isoTime(instance.startedAt),
    ...present({ endTime: timeOf(endedAt) }),
    runner: instance.runnerText,
    result: result ?? "N/A",
    arguments: [...instance.arguments],
    nodeCount: targetCount,
    ...present({ nextTaskId: next?.id, nextInstance: instance.nextInstance, stopReason }),
    ...present({ nextRefusal: instance.nextRefusal }),
    ...present({ rolling: rollingProgressView(instance) }),
  };
}

/** The latest execution of a node: a script that ran has an exit code, whatever it was (OPMATE 7.2). */
export function instanceNodeView(instance: InstanceRecord, task: TaskRecord): InstanceNode {
  const { progress, spec } = task;
  const execNo = progress.systemTaskVersion + 1;
  const { outcome } = progress;
  const exitCode = outcome?.exitCode ?? null;
  return {
    nodeId: spec.target?.nodeId ?? "",
    execNo,
    status: statusOf(task),
    ...present({ startTime: timeOf(progress.startedAt), endTime: timeOf(progress.endedAt) }),
    createdBy: startedBy(instance, spec.target?.node ?? 0, execNo),
    result: resultOf(task),
    ...present({ exitCode, reason: outcome?.failure?.message }),
  };
}

export function statusOf({ progress }: TaskRecord): InstanceNode["status"] {
  switch (progress.state) {
    case "active":
      return "ready";
    case "preparing":
    case "running":
      return "request";
    case "completed":
      return progress.outcome?.exitCode === null ? "fail" : "complete";
  }
}

function resultOf({ progress: { outcome } }: TaskRecord): InstanceNode["result"] {
  if (outcome === null) return "N/A";
  return outcome.result === "success" ? "success" : "fail";
}

/** Who asked for the execution: the instance's runner for the first, whoever reran the node for the others. */
export function startedBy(
  { runnerText, reruns }: InstanceRecord,
  node: number,
  execNo: number,
): string {
  const ofNode = reruns.filter((rerun) => rerun.node === node);
  return execNo === 1 ? runnerText : (ofNode[execNo - 2]?.runnerText ?? runnerText);
}
