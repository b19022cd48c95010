import type { EventEnvelope } from "../../protocol/api/answer/event.ts";
import { type Cell, second } from "../output/cell.ts";
import { column } from "../output/list.ts";

export const COLUMNS = [
  column<EventEnvelope>("SEQUENCE", (event) => event.sequence),
  column<EventEnvelope>("TIME", (event) => second(event.time)),
  column<EventEnvelope>("TYPE", (event) => event.operationName),
  column<EventEnvelope>("RESOURCE", (event) => event.resourceId),
  column<EventEnvelope>("NODE ID", (event) => cellAt(event, "nodeInfo", "nodeId")),
  column<EventEnvelope>("EXIT CD", (event) => cellAt(event, "executionInfo", "exitCode")),
];

/** Bodies differ from type to type; what one does not have is left blank. */
function cellAt({ properties }: EventEnvelope, ...path: readonly string[]): Cell {
  let value: unknown = properties;
  for (const key of path) {
    value = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
  }
  if (typeof value === "number") return value;
  return typeof value === "string" ? value.trim() : undefined;
}
