import type { TaskExplanation } from "../../protocol/api/answer/task.ts";
import { boxTable, column } from "../output/list.ts";
import { printView, type View } from "../output/view.ts";
import type { Session } from "../session.ts";

export interface TaskExplainOptions {
  readonly jobId: string;
  readonly id: string;
}

type Reason = TaskExplanation["reasons"][number];

const COLUMNS = [
  column<Reason>("REASON", (reason) => reason.code),
  column<Reason>("NODES", (reason) => (reason.nodeCount === 0 ? undefined : reason.nodeCount)),
  column<Reason>("WHAT IT MEANS", (reason) => reason.message),
  column<Reason>("NODE IDS", nodesOf),
];

const NODES_SHOWN = 3;

function nodesOf({ nodes, nodeCount }: Reason): string {
  const shown = nodes.slice(0, NODES_SHOWN).join(",");
  return nodeCount > NODES_SHOWN ? `${shown},...` : shown;
}

export async function run(session: Session, { jobId, id }: TaskExplainOptions): Promise<number> {
  const client = await session.client();
  const explanation = await client.tasks.explain(jobId, id);
  await printView(session, explanationView(session, explanation), explanation);
  if (session.form === "box" && explanation.reasons.length > 0) {
    await session.print(`\n${boxTable(COLUMNS, explanation.reasons)}`);
  }
  return 0;
}

/** The reasons stand in a table of their own, except in TSV, which has one table. */
function explanationView({ form }: Session, explanation: TaskExplanation): View {
  const { jobId, taskId, state, summary, reasons } = explanation;
  const items = reasons.map(({ code, message }) => `${code}: ${message}`);
  return {
    fields: [
      ["JOB ID", jobId],
      ["TASK ID", taskId],
      ["STATE", state],
      ["SUMMARY", summary],
    ],
    sections: form === "tsv" ? [{ name: "REASON", items }] : [],
  };
}
