import { chmodSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AgentOptions } from "../options.ts";

/** The tools with which scripts reach the server's files (OPMATE 8), by what FILE_LS, FILE_PUT and FILE_GET stand for. */
const FILE_TOOLS = {
  list: ["stint-fls", "opmfls"],
  put: ["stint-fput", "opmfput"],
  get: ["stint-fget", "opmfget"],
} as const;

export type FileTool = keyof typeof FILE_TOOLS;

/** Of fleet scripts alone: in front of their PATH. */
const TOOLS_FOLDER = "tools";
/** Whoever runs scripts runs them; only the agent's user changes them. */
const MODE = 0o755;

type FileToolsPlace = Pick<
  AgentOptions,
  "rootDirectory" | "serverUrl" | "selfCommand" | "trustVariables"
>;

export function toolsDirectory(rootDirectory: string): string {
  return join(rootDirectory, TOOLS_FOLDER);
}

/** The call of a tool as a word of a shell; its token it finds in the script's environment. */
export function fileToolCall(rootDirectory: string, tool: FileTool): string {
  const path = join(toolsDirectory(rootDirectory), FILE_TOOLS[tool][0]);
  return /^[\w@%+=:,./-]+$/.test(path) ? path : quoted(path);
}

/**
 * Writes the tools: each starts this executable with the server that this agent trusts, as it trusts it, so that they work for
 * another user of a script too. A script that runs one meanwhile has the one or the other.
 */
export function writeFileTools(place: FileToolsPlace): void {
  const folder = toolsDirectory(place.rootDirectory);
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, MODE);
  for (const name of Object.values(FILE_TOOLS).flat()) {
    const path = join(folder, name);
    writeFileSync(`${path}.new`, toolScript(name, place));
    chmodSync(`${path}.new`, MODE);
    renameSync(`${path}.new`, path);
  }
}

function toolScript(
  name: string,
  { serverUrl, selfCommand, trustVariables }: FileToolsPlace,
): string {
  const variables = Object.entries({ STINT_SERVER_URL: serverUrl, ...trustVariables }).map(
    ([key, value]) => `export ${key}=${quoted(value)}\n`,
  );
  const command = [...selfCommand, "file-tool", name].map(quoted).join(" ");
  return `#!/bin/sh\n# Written by the agent at each start.\n${variables.join("")}exec ${command} "$@"\n`;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
