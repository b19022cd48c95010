import type { ExecutionRecord } from "../../model/execution.ts";
import type { InstanceRecord } from "../../model/fleet/instance.ts";
import type { TaskOutcome, TaskRecord } from "../../model/task.ts";
import { decideFleetEnd } from "../../policy/fleetEnd.ts";
import type { ExecutionEnd } from "../../policy/taskEnd.ts";
import type { INSTANCE_ENDPOINTS } from "../../protocol/api/endpoint/instances.ts";
import type { HandlersOf } from "../routes/call.ts";
import type { ServerContext } from "../routes/context.ts";
import { givenOf } from "../routes/lookup.ts";
import { refuse } from "../routes/refusal.ts";
import { instanceNodeView, instanceView, startedBy } from "../views/instance.ts";
import { present, timeOf } from "../views/present.ts";
import { csvOf } from "./csv.ts";
import { rollingOf } from "./definitionBodies.ts";
import { executionOf, findInstance, findNodeOf, nodesOf } from "./instanceTasks.ts";
import { outputGroups } from "./outputGroups.ts";
import { OutputReader } from "./outputs.ts";
import { hasPart, rows } from "./rows.ts";
import { ask } from "./users.ts";

type Handlers = HandlersOf<typeof INSTANCE_ENDPOINTS>;

export function instanceHandlers(context: ServerContext): Handlers {
  return { ...reads(context), ...commands(context) };
}

type Commands = Pick<
  Handlers,
  | "POST /definitions/{definitionId}/run"
  | "POST /instances/{number}/rerun"
  | "POST /instances/{number}/resume"
  | "POST /instances/{number}/stop"
>;

function commands(context: ServerContext): Commands {
  return {
    "POST /definitions/{definitionId}/run": async ({ parameters, body, caller }) => {
      const { nodeIds = null, arguments: words = [], rolling } = await body();
      const definition = parameters.definitionId;
      const given = givenOf({ rolling: rollingOf(rolling) });
      const run = { nodes: nodeIds, arguments: words, ...given };
      const reply = await ask(context, caller, { request: "runDefinition", definition, ...run });
      return { number: reply.instance ?? 0 };
    },
    "POST /instances/{number}/rerun": async ({ parameters, body, caller }) => {
      const instance = await findInstance(context, parameters.number);
      const { nodeIds, select } = await body();
      const nodes =
        nodeIds ??
        (await nodesOf(context, instance)).filter(selected(select)).map(nodeIdOf(context));
      const { number } = instance;
      if (nodes.length === 0) throw nothingToRerun(number, select);
      await ask(context, caller, { request: "rerunNodes", instance: number, nodes });
      return {};
    },
    "POST /instances/{number}/resume": async ({ parameters, caller }) => {
      const { number } = await findInstance(context, parameters.number);
      await ask(context, caller, { request: "resumeInstance", instance: number });
      return {};
    },
    "POST /instances/{number}/stop": async ({ parameters, body, caller }) => {
      const { number } = await findInstance(context, parameters.number);
      const { nodeId = null, reason = "" } = await body();
      const request = { request: "stopInstance", instance: number, node: nodeId, reason } as const;
      await ask(context, caller, request);
      return {};
    },
  };
}

function nothingToRerun(number: number, select: "failed" | "neverRan" | undefined) {
  const what = select === "failed" ? "has failed" : "has ended without having run the script";
  return refuse(
    "NothingToRerun",
    `No node of task instance #${number} ${what}.`,
    `See its nodes with GET /api/v1/instances/${number}/nodes.`,
  );
}

/** `failed`: whatever did not succeed; `neverRan`: those of them whose script was not run, or nobody knows whether it was. */
function selected(select: "failed" | "neverRan" | undefined) {
  return ({ progress: { state, outcome } }: TaskRecord): boolean => {
    if (state !== "completed" || outcome?.result !== "failure") return false;
    return select === "failed" || outcome.exitCode === null;
  };
}

/** As the node is called now; of one that is gone as it was, so that the refusal names it. */
function nodeIdOf({ live }: ServerContext) {
  return ({ spec }: TaskRecord): string =>
    live.node(spec.target?.node ?? 0)?.record.id ?? spec.target?.nodeId ?? "";
}

function reads(context: ServerContext): Omit<Handlers, keyof Commands> {
  const { fleet } = context;
  return {
    "GET /instances": async ({ query }) => {
      const fits = await listed(context, query);
      return rows(fits, query, (instance) => instanceView(fleet.state, instance));
    },
    "GET /instances/{number}": async ({ parameters }) => {
      const instance = await findInstance(context, parameters.number);
      const nodes = (await nodesOf(context, instance)).map((task) =>
        instanceNodeView(instance, task),
      );
      const statusCounts = { ready: 0, request: 0, complete: 0, fail: 0 };
      const resultCounts = { "N/A": 0, success: 0, fail: 0 };
      for (const { status, result } of nodes) {
        statusCounts[status] += 1;
        resultCounts[result] += 1;
      }
      return { ...instanceView(fleet.state, instance), statusCounts, resultCounts };
    },
    "GET /instances/{number}/nodes": async ({ parameters, query }) => {
      const instance = await findInstance(context, parameters.number);
      const { nodeId, status, result, exitCode } = query;
      const nodes = (await nodesOf(context, instance))
        .map((task) => instanceNodeView(instance, task))
        .filter(
          (node) =>
            hasPart(node.nodeId, nodeId) &&
            (status === undefined || node.status === status) &&
            (result === undefined || node.result === result) &&
            (exitCode === undefined || node.exitCode === exitCode),
        );
      return rows(nodes, query, (node) => node);
    },
    "GET /instances/{number}/nodes/{nodeId}": async ({ parameters, query }) => {
      const instance = await findInstance(context, parameters.number);
      const task = await findNodeOf(context, instance, parameters.nodeId);
      return await nodeDetail(context, instance, task, query.execNo);
    },
    "GET /instances/{number}/groups": async ({ parameters, query }) => {
      const instance = await findInstance(context, parameters.number);
      return { items: await outputGroups(context, instance, query.similar === true) };
    },
    "GET /instances/{number}/csv": async ({ parameters, query }) => {
      const instance = await findInstance(context, parameters.number);
      const text = await csvOf(context, instance, query);
      return new Response(text, { headers: { "content-type": "text/csv; charset=utf-8" } });
    },
  };
}

interface ListQuery {
  readonly definitionId?: string | undefined;
  readonly startedFrom?: string | undefined;
  readonly startedTo?: string | undefined;
  readonly runner?: string | undefined;
  readonly nextTaskId?: string | undefined;
}

/** The newest first. */
async function listed(
  { store, fleet }: ServerContext,
  query: ListQuery,
): Promise<InstanceRecord[]> {
  const { definitions } = fleet.state;
  const timeOfText = (text: string | undefined) =>
    text === undefined ? undefined : Date.parse(text);
  const filter = givenOf({
    startedFrom: timeOfText(query.startedFrom),
    startedTo: timeOfText(query.startedTo),
  });
  const found: InstanceRecord[] = [];
  let cursor: string | null = null;
  do {
    const page = await store.listInstances(filter, { limit: 1_000, cursor, order: "descending" });
    found.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== null);
  const id = query.definitionId?.toLowerCase();
  const next = query.nextTaskId === undefined ? undefined : definitions.find(query.nextTaskId);
  return found.filter(
    (instance) =>
      (id === undefined || instance.definitionId.toLowerCase() === id) &&
      (query.runner === undefined ||
        instance.runnerText.replace(/\([^)]*\)$/, "") === query.runner) &&
      (query.nextTaskId === undefined || instance.nextTask === next?.number),
  );
}

async function nodeDetail(
  context: ServerContext,
  instance: InstanceRecord,
  task: TaskRecord,
  wanted: number | undefined,
) {
  const { number, definitionId } = instance;
  const latest = instanceNodeView(instance, task);
  const execNo = wanted ?? latest.execNo;
  const execution = await executionOf(context, task, execNo);
  const reader = new OutputReader(context);
  const stdout = await reader.read(execution, "stdout");
  const stderr = await reader.read(execution, "stderr");
  if (execNo === latest.execNo) return { ...latest, number, definitionId, stdout, stderr };
  const { result, exitCode, failure } = pastOutcome(execution);
  const past = {
    nodeId: latest.nodeId,
    execNo,
    status: exitCode === null ? ("fail" as const) : ("complete" as const),
    ...present({
      startTime: timeOf(execution?.assignedAt ?? null),
      endTime: timeOf(execution?.endedAt ?? null),
    }),
    createdBy: startedBy(instance, task.spec.target?.node ?? 0, execNo),
    result: result === "success" ? ("success" as const) : ("fail" as const),
    ...present({ exitCode, reason: failure?.message }),
  };
  return { ...past, number, definitionId, stdout, stderr };
}

/** Why is in the event of its end: an execution that was never sent has no record. */
const NOT_SENT: TaskOutcome = { result: "failure", exitCode: null, failure: null };

/** How an earlier execution of a node ended; its record alone is left of it. */
function pastOutcome(execution: ExecutionRecord | null): TaskOutcome {
  if (execution === null) return NOT_SENT;
  return decideFleetEnd(endOf(execution), execution.stopReason);
}

function endOf({ result, state }: ExecutionRecord): ExecutionEnd {
  if (result !== null) return { kind: "outcome", outcome: result.outcome };
  return state === "lost" ? { kind: "lost", reason: "The node was lost" } : { kind: "neverRan" };
}
