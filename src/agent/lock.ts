import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import type { ProcessIdentity } from "./core/contract.ts";
import type { DataLayout } from "./directories.ts";
import { AgentStartError } from "./options.ts";
import { lockFile } from "./platform/libc.ts";
import { kernelBootId, readProcessStat } from "./platform/processIdentity.ts";

/** Takes the data directory for this process; returns what lets go of it. The kernel lets go when the process ends. */
export function lockDirectory(layout: DataLayout, dataDirectory: string): () => void {
  const file = openSync(layout.lockPath, "a", 0o600);
  if (!lockFile(file)) {
    closeSync(file);
    const holder = readHolder(layout);
    throw new AgentStartError(
      `The data directory ${dataDirectory} is in use by another agent` +
        `${holder === null ? "" : ` (process ${holder.pid})`}. Stop it, or give this one a directory of its own.`,
    );
  }
  const startTicks = readProcessStat(process.pid)?.startTicks ?? 0;
  const self: ProcessIdentity = { bootId: kernelBootId(), pid: process.pid, startTicks };
  writeFileSync(layout.holderPath, JSON.stringify(self), { mode: 0o600 });
  return () => closeSync(file);
}

/** The process that holds, or last held, the lock. */
export function readHolder(layout: DataLayout): ProcessIdentity | null {
  try {
    return JSON.parse(readFileSync(layout.holderPath, "utf8")) as ProcessIdentity;
  } catch {
    return null;
  }
}
