import type { MemberState } from "../../model/allocation.ts";
import type { ExecutionRecord } from "../../model/execution.ts";
import type { EXECUTION_ENDPOINTS } from "../../protocol/api/endpoint/executions.ts";
import type { ExecReservation } from "../exec/execDesk.ts";
import type { ExecClient, ExecRelay } from "../exec/relay.ts";
import type { HandlersOf } from "./call.ts";
import type { ServerContext } from "./context.ts";
import { isLive } from "./executionRun.ts";
import type { FoundTask } from "./lookup.ts";
import { refuse } from "./refusal.ts";

/** Commands that people run inside executions. */
export interface ExecSessions {
  /** The new session's id. */
  reserve(reservation: ExecReservation): string;
  take(sessionId: string, tokenHash: string): (client: ExecClient) => ExecRelay;
  /** Makes the request's connection a WebSocket of the session; false: it asks for none. */
  upgrade(request: Request, begin: (client: ExecClient) => ExecRelay): boolean;
}

type FoundExecution = FoundTask & { readonly execution: ExecutionRecord };
type Key = "POST /executions/{number}/exec" | "GET /exec-sessions/{sessionId}/stream";

export function execHandlers(
  context: ServerContext,
  find: (number: string) => Promise<FoundExecution>,
): Pick<HandlersOf<typeof EXECUTION_ENDPOINTS>, Key> {
  return {
    "POST /executions/{number}/exec": async ({ parameters, body, caller }) => {
      const { command, member, terminal, stdin = false } = await body();
      const found = await find(parameters.number);
      const { execution, job, task } = found;
      const node = connectedNode(context, found);
      const name = memberOf(found, member);
      const sessionId = context.exec.reserve({
        node,
        order: {
          execution: execution.number,
          member: name,
          command,
          terminal: terminal === undefined ? null : { ...terminal, type: terminal.type ?? "" },
          hasStdin: stdin,
        },
        about: {
          jobId: job.spec.id,
          taskId: task.id,
          poolId: job.spec.poolId,
          nodeId: execution.nodeId,
          execution: execution.number,
          member: name,
          user: caller?.name ?? "",
          command,
          hasTerminal: terminal !== undefined,
        },
        tokenHash: caller?.tokenHash ?? "",
      });
      await context.audit.done();
      return { sessionId };
    },
    "GET /exec-sessions/{sessionId}/stream": async ({ parameters, request, caller }) => {
      if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") throw noWebSocket();
      const begin = context.exec.take(parameters.sessionId, caller?.tokenHash ?? "");
      if (!context.exec.upgrade(request, begin)) throw noWebSocket();
      // The connection is a WebSocket by now, and this goes nowhere.
      return new Response(null);
    },
  };
}

function noWebSocket() {
  return refuse(
    "InvalidRequestBody",
    "Expected a request to make the connection a WebSocket.",
    "Open it with a client of WebSockets.",
  );
}

/** The node of an execution that runs. */
function connectedNode(context: ServerContext, { execution, task }: FoundExecution): number {
  const [number] = execution.nodes;
  const node = number === undefined ? null : context.live.node(number);
  if (!isLive(execution)) {
    throw notRunning(`The execution ${execution.number} of ${task.id} has ended.`);
  }
  if (node === null || node.record.contact !== "connected") {
    throw refuse(
      "NodeNotReachable",
      `Node ${execution.nodeId}, on which ${task.id} runs, is not connected.`,
      "Wait until it is connected again; see its state with GET /api/v1/nodes.",
    );
  }
  if (execution.state !== "running" && execution.allocation === undefined) {
    throw notRunning(`The execution ${execution.number} of ${task.id} is ${execution.state}.`);
  }
  return node.record.number;
}

/** The member in which the command is to run; null: those of a task have no name. */
function memberOf(found: FoundExecution, asked: string | undefined): string | null {
  const { execution, job, task } = found;
  const { allocation } = execution;
  if (allocation === undefined) {
    if (asked === undefined) return null;
    throw refuse(
      "InvalidPropertyValue",
      `Expected no member, as ${task.id} is no task of a group, and got ${JSON.stringify(asked)}.`,
      "Leave it out.",
      { field: "member" },
    );
  }
  const group = job.spec.groups?.groups.find(({ name }) => name === task.spec.place?.group);
  const states = allocation.state?.members ?? [];
  const declared = group?.members.map(({ name }) => name) ?? [];
  const names = [...new Set([...states.map(({ member }) => member), ...declared])];
  const [only, ...others] = names;
  const chosen = asked ?? (others.length === 0 ? only : undefined);
  if (chosen === undefined || !names.includes(chosen)) {
    const given = asked === undefined ? "none" : JSON.stringify(asked);
    const said = names.map((each) => `${each} (${stateOf(states, each)})`).join(", ");
    throw refuse(
      "InvalidPropertyValue",
      `Expected one of the tasks of allocation ${allocation.id.slice(0, 8)} and got ${given}; they are ${said}.`,
      "Name one that runs.",
      { field: "member" },
    );
  }
  const state = stateOf(states, chosen);
  if (state === "running") return chosen;
  throw notRunning(`Task ${chosen} of allocation ${allocation.id.slice(0, 8)} is ${state}.`);
}

function stateOf(states: readonly MemberState[], name: string): MemberState["state"] {
  return states.find(({ member }) => member === name)?.state ?? "pending";
}

function notRunning(message: string) {
  const fix = "Choose one that runs; see them with GET /api/v1/executions?live=true.";
  return refuse("TaskNotRunning", message, fix);
}
