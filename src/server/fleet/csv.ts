import type { InstanceRecord } from "../../model/fleet/instance.ts";
import type { InstanceOutput } from "../../protocol/api/answer/instance.ts";
import type { ServerContext } from "../routes/context.ts";
import { instanceNodeView } from "../views/instance.ts";
import { executionOf, nodesOf } from "./instanceTasks.ts";
import { OutputReader } from "./outputs.ts";

/** A line of CSV (RFC 4180): fields with commas, quotes or line ends are quoted. */
function csvLine(fields: readonly (string | number)[]): string {
  return `${fields.map((field) => csvField(String(field))).join(",")}\r\n`;
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Text as it is; other bytes as base64 with a prefix that says so. */
function csvOutput({ encoding, content }: InstanceOutput): string {
  return encoding === "utf8" ? content : `base64:${content}`;
}

const CSV_HEADER = [
  "TASK INSTANCE NO",
  "TASK ID",
  "NODE ID",
  "EXEC NO",
  "STATUS",
  "START AT",
  "END AT",
  "CREATED BY",
  "RESULT",
  "EXIT CD",
];

/** All nodes of the instance, a line each, with the outputs that are asked for. */
export async function csvOf(
  context: ServerContext,
  instance: InstanceRecord,
  {
    stdout = false,
    stderr = false,
  }: { stdout?: boolean | undefined; stderr?: boolean | undefined },
): Promise<string> {
  const streams: ("stdout" | "stderr")[] = [];
  if (stdout) streams.push("stdout");
  if (stderr) streams.push("stderr");
  let text = csvLine([...CSV_HEADER, ...streams.map((name) => name.toUpperCase())]);
  const reader = new OutputReader(context);
  for (const task of await nodesOf(context, instance)) {
    const node = instanceNodeView(instance, task);
    const execution = streams.length === 0 ? null : await executionOf(context, task, node.execNo);
    const outputs: string[] = [];
    for (const name of streams) {
      outputs.push(csvOutput(await reader.read(execution, name)));
    }
    text += csvLine([
      instance.number,
      instance.definitionId,
      node.nodeId,
      node.execNo,
      node.status,
      node.startTime ?? "",
      node.endTime ?? "",
      node.createdBy,
      node.result,
      node.exitCode ?? "",
      ...outputs,
    ]);
  }
  return text;
}
