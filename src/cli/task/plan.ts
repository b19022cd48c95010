import type { z } from "@hono/zod-openapi";
import { counted } from "../../model/counted.ts";
import type { PLAN } from "../../protocol/api/answer/definition.ts";
import { givenOf } from "../command/keyValue.ts";
import { EXIT, UsageError } from "../failure.ts";
import { printable } from "../output/cell.ts";
import { column } from "../output/list.ts";
import { type Part, printParts, tablePart } from "../output/parts.ts";
import { asCommands } from "../report.ts";
import type { Session } from "../session.ts";
import { rollingText } from "./rolling.ts";

export interface TaskPlanOptions {
  readonly id: string;
  readonly nodeId: readonly string[];
  readonly batch: string | undefined;
  readonly canary: string | undefined;
}

type Plan = z.output<typeof PLAN>;

const NODE_ID = column<{ readonly nodeId: string }>("NODE ID", ({ nodeId }) => nodeId);
const REASON = column<Plan["left"][number]>("REASON", ({ reason }) => reason);
const PROBLEM = column<Plan["problems"][number]>("PROBLEM", ({ message }) => message);

export async function run(session: Session, options: TaskPlanOptions): Promise<number> {
  const { id, nodeId, batch, canary } = options;
  if (canary !== undefined && batch === undefined) {
    throw new UsageError("Expected -bs,--batch with -ca,--canary.");
  }
  const client = await session.client();
  const plan = await client.definitions.plan(id, {
    ...(nodeId.length === 0 ? {} : { nodeId: [...nodeId] }),
    ...givenOf({ batch, canary }),
  });
  await printParts(session, partsOf(id, plan), plan);
  const wouldRun = plan.isPermitted && plan.problems.length === 0;
  return wouldRun ? EXIT.ok : EXIT.failed;
}

function partsOf(id: string, plan: Plan): Part[] {
  const { isPermitted, revision, refusals, nodes, left, problems } = plan;
  const parts: Part[] = [
    {
      title: "",
      fields: [
        ["Task", id],
        ["Revision", revision],
        ["Permitted", isPermitted ? "yes" : "no"],
      ],
    },
  ];
  if (refusals.length > 0) {
    const lines = refusals.flatMap(({ message, fix }) => [message, `fix: ${asCommands(fix)}`]);
    parts.push({ title: "Why not", lines });
  }
  parts.push(tablePart("Nodes that would run", [NODE_ID], nodes));
  parts.push(...batchParts(plan));
  if (left.length > 0) parts.push(tablePart("Nodes left out", [NODE_ID, REASON], left));
  if (problems.length > 0) parts.push(tablePart("Problems", [NODE_ID, PROBLEM], problems));
  return [...parts, ...scriptParts(nodes)];
}

interface Batch {
  readonly name: string;
  readonly nodeIds: readonly string[];
}

const BATCH = column<Batch>("BATCH", ({ name }) => name);
const NODES = column<Batch>("NODES", ({ nodeIds }) => nodeIds.length);
const NODE_IDS = column<Batch>("NODE IDS", ({ nodeIds }) => nodeIds.join(", "));

/** Nothing for a run that does not roll. */
function batchParts({ rolling, batches = [] }: Plan): Part[] {
  if (rolling === undefined) return [];
  const rows = batches.map(({ isCanary, nodeIds }, index) => ({
    name: isCanary ? `${index + 1} (canary)` : String(index + 1),
    nodeIds,
  }));
  return [tablePart(`Rolling: ${rollingText(rolling)}`, [BATCH, NODES, NODE_IDS], rows)];
}

/** The script as nodes would see it, once for all that see the same. */
function scriptParts(nodes: Plan["nodes"]): Part[] {
  const shown = nodes.filter(({ script }) => script !== undefined);
  const bySight = Map.groupBy(shown, ({ script = "" }) => script);
  const parts = [...bySight].map(([script, seers]): Part => {
    const lines = printable(script).replace(/\n$/, "").split("\n");
    return { title: `Script on ${seers.map(({ nodeId }) => nodeId).join(", ")}`, lines };
  });
  const hidden = nodes.length - shown.length;
  if (hidden === 0 || shown.length === 0) return parts;
  return [
    ...parts,
    { title: "", lines: [`The script on ${counted(hidden, "further node")} is not shown.`] },
  ];
}
