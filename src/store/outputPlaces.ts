import type { ExecutionRecord, ExecutionResult, OutputInfo } from "../model/execution.ts";
import type { ExecutionNumber } from "../model/id.ts";
import type { NodeJobRecord, SpecialInstance } from "../model/nodeJob.ts";

export type OutputStream = "stdout" | "stderr";

/** The key under which an output was uploaded; null: it was not. */
export type FindPlace = (execution: ExecutionNumber, stream: OutputStream) => string | null;

// Uploads are kept beside the results and laid over them when they are read: an upload may be there before the result
// of its execution is, and the engine, which knows nothing of uploads, may write a node's record again.

export function placedExecution(record: ExecutionRecord, find: FindPlace): ExecutionRecord {
  const { result } = record;
  return result === null ? record : { ...record, result: placed(result, record.number, find) };
}

export function placedNodeJob(record: NodeJobRecord, find: FindPlace): NodeJobRecord {
  const preparation = placedInstance(record.preparation, find);
  return { ...record, preparation, release: placedInstance(record.release, find) };
}

function placedInstance(instance: SpecialInstance | null, find: FindPlace): SpecialInstance | null {
  if (instance?.state !== "completed" || instance.output === null) return instance;
  return { ...instance, output: placed(instance.output, instance.execution, find) };
}

function placed<Outputs extends Pick<ExecutionResult, OutputStream>>(
  outputs: Outputs,
  execution: ExecutionNumber,
  find: FindPlace,
): Outputs {
  const infoOf = (stream: OutputStream): OutputInfo => {
    const info = outputs[stream];
    const key = info.place.kind === "node" ? find(execution, stream) : null;
    return key === null ? info : { ...info, place: { kind: "blob", key } };
  };
  return { ...outputs, stdout: infoOf("stdout"), stderr: infoOf("stderr") };
}
