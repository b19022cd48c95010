import type { ExecutionRecord } from "../../model/execution.ts";
import type { CLIENT_STATUSES } from "../../protocol/api/answer/group.ts";

export type ClientStatusWord = (typeof CLIENT_STATUSES)[number];

/** Nomad's client status of an execution of a group. */
export function clientStatusOf(execution: ExecutionRecord): ClientStatusWord {
  const said = execution.allocation?.state?.status ?? null;
  switch (execution.state) {
    case "lost":
      return "lost";
    case "unknown":
      return "unknown";
    case "ended":
      if (said === "failed" || said === "complete") return said;
      return execution.result?.outcome.state === "failedToStart" ? "failed" : "complete";
    case "assigned":
    case "preparing":
    case "running":
    case "stopping":
      return said ?? "pending";
  }
}

/** Nothing more comes of it. */
export function isOver(execution: ExecutionRecord): boolean {
  return execution.state === "ended" || execution.state === "lost";
}
