import type { z } from "@hono/zod-openapi";
import type { INSTANCE_NODE_DETAIL, InstanceOutput } from "../../protocol/api/answer/instance.ts";
import { printable, second } from "../output/cell.ts";
import { type Field, printView } from "../output/view.ts";
import type { Session } from "../session.ts";
import { capitalised } from "./words.ts";

export interface InstanceViewNodeOptions {
  readonly instanceNo: number;
  readonly nodeId: string;
  readonly execNo: number | undefined;
}

type Detail = z.output<typeof INSTANCE_NODE_DETAIL>;

export async function run(session: Session, options: InstanceViewNodeOptions): Promise<number> {
  const { instanceNo, nodeId, execNo } = options;
  const client = await session.client();
  const node = await client.instances.node(instanceNo, nodeId, execNo);
  await tellMore(session, node);
  const fields = fieldsOf(node);
  if (session.form !== "box") {
    const streams: Field[] = [
      ["STDERR", streamText(node.stderr)],
      ["STDOUT", streamText(node.stdout)],
    ];
    return await printView(session, { fields: [...fields, ...streams] }, node);
  }
  await printView(session, { fields }, node);
  await session.print("\n[STDERR]");
  await writeStream(session, node.stderr);
  if (!endsLine(node.stderr)) await session.print("");
  await session.print("\n[STDOUT]");
  await writeStream(session, node.stdout);
  return 0;
}

function fieldsOf(node: Detail): Field[] {
  return [
    ["TASK INSTANCE NO", node.number],
    ["TASK ID", node.definitionId],
    ["NODE ID", node.nodeId],
    ["EXEC NO", node.execNo],
    ["STATUS", capitalised(node.status)],
    ["START AT", second(node.startTime)],
    ["END AT", second(node.endTime)],
    ["CREATED BY", node.createdBy],
    ["RESULT", capitalised(node.result)],
    ["EXIT CD", node.exitCode],
  ];
}

/** What OPMATE's table has no row for. */
async function tellMore(session: Session, { nodeId, reason, ...node }: Detail): Promise<void> {
  if (reason !== undefined && node.exitCode === undefined) {
    await session.note(`${nodeId}: ${printable(reason)}`);
  }
  for (const stream of ["stderr", "stdout"] as const) {
    const { droppedBytes, left } = node[stream];
    if (left !== undefined) {
      await session.note(
        `${nodeId}: its ${stream} is still on the node; ask again when the node is connected.`,
      );
    }
    if (droppedBytes === 0) continue;
    await session.note(
      `${nodeId}: ${droppedBytes} bytes of the middle of its ${stream} were not kept.`,
    );
  }
}

/** As the script wrote it, byte for byte. */
async function writeStream(session: Session, output: InstanceOutput): Promise<void> {
  if (output.left !== undefined) {
    return await session.print(`${output.sizeBytes} bytes, still on the node.`);
  }
  if (output.content === "") return await session.print("No content.");
  const isText = output.encoding === "utf8";
  await session.write(isText ? output.content : Buffer.from(output.content, "base64"));
}

function endsLine({ encoding, content }: InstanceOutput): boolean {
  if (content === "") return true;
  return encoding === "utf8" && content.endsWith("\n");
}

/** Bytes that are no text have the prefix that they have in CSV. */
function streamText({ encoding, content }: InstanceOutput): string {
  return encoding === "utf8" ? content : `base64:${content}`;
}
