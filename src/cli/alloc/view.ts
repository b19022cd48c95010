import type { Execution } from "../../protocol/api/answer/execution.ts";
import { formatSize, second } from "../output/cell.ts";
import { type Field, printView, type Section, type View } from "../output/view.ts";
import type { Session } from "../session.ts";

export interface AllocViewOptions {
  readonly number: number;
}

export async function run(session: Session, { number }: AllocViewOptions): Promise<number> {
  const client = await session.client();
  const execution = await client.executions.get(number);
  return await printView(session, executionView(execution), execution);
}

export function executionView(execution: Execution): View {
  return {
    fields: [
      ["NUMBER", execution.number],
      ["JOB ID", execution.jobId],
      ["TASK ID", execution.taskId],
      ["EXEC NO", execution.ordinal],
      ["NODE ID", execution.nodeId],
      ["STATE", execution.state],
      ["STOP REASON", execution.stopReason],
      ["ASSIGNED AT", second(execution.assignedTime)],
      ["START AT", second(execution.startTime)],
      ["END AT", second(execution.endTime)],
      ["STDERR", outputText(execution.stderr)],
      ["STDOUT", outputText(execution.stdout)],
    ],
    sections: (execution.processes ?? []).map(processSection),
  };
}

type Output = NonNullable<Execution["stdout"]>;
type Process = NonNullable<Execution["processes"]>[number];

const KEPT: Readonly<Record<Output["kept"], string>> = {
  result: "with the result",
  blob: "in the blob store",
  node: "on the node alone",
  empty: "",
};

function outputText(output: Output | undefined): string | undefined {
  if (output === undefined) return undefined;
  if (output.kept === "empty") return "No content.";
  const { droppedBytes } = output;
  const dropped = droppedBytes === 0 ? "" : `, ${droppedBytes} bytes of the middle dropped`;
  return `${formatSize(output.sizeBytes)} kept ${KEPT[output.kept]}${dropped}`;
}

function processSection(process: Process): Section {
  const { failureInfo, peakMemoryBytes } = process;
  const fields: Field[] = [
    ["STATE", process.state],
    ["START AT", second(process.startTime)],
    ["END AT", second(process.endTime)],
    ["EXIT CD", process.exitCode],
    ["SIGNAL", process.signal],
    ["REASON", process.reason],
    ["FAILURE", failureInfo && `${failureInfo.code}: ${failureInfo.message}`],
    ["PEAK MEMORY", peakMemoryBytes === undefined ? undefined : formatSize(peakMemoryBytes)],
    ["CPU TIME", process.cpuTime],
  ];
  return { name: `PROCESS ${process.member} ${process.number}`, fields };
}
