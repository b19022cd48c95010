import type { Stats } from "node:fs";
import type { NodeAnswer, NodeFile } from "../../protocol/node/message.ts";
import type { PathRefusal } from "./open.ts";

export function fileOf(path: string, stats: Stats): NodeFile {
  const isDirectory = stats.isDirectory();
  const sizeBytes = isDirectory ? 0 : stats.size;
  return { path, isDirectory, sizeBytes, modifiedAt: Math.round(stats.mtimeMs) };
}

export function errorAnswer(refusal: PathRefusal): NodeAnswer {
  const code = refusal.refused === "Failed" ? "ReadFailed" : refusal.refused;
  return { kind: "error", code, message: refusal.message };
}

export function pathRefused(path: string): NodeAnswer {
  const given = JSON.stringify(path);
  const message = `Expected a path below the node's root, given ${given}.`;
  return { kind: "error", code: "PathRefused", message };
}
