import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { ProcessIdentity, ProcessKey } from "../../core/contract.ts";
import type { StartFailure } from "../driver.ts";

/** What the process that stands for a container is given, as a file that only the agent's user can read. */
export interface ContainerRun {
  readonly socketPath: string;
  readonly name: string;
  /** Body of the engine's `POST /containers/create`. */
  readonly create: object;
  /** Where it writes how the container is. */
  readonly statusPath: string;
}

/** How far a container has come, written by the process that stands for it. */
export type ContainerStatus =
  | {
      readonly status: "started";
      readonly startedAt: number;
      /** Its first process; null: not to be seen from here, or not yet known. */
      readonly leader: ProcessIdentity | null;
    }
  | { readonly status: "failedToStart"; readonly failure: StartFailure }
  | ContainerEnd;

/** How a container that had begun has ended, as far as it is known. */
export type ContainerEnd =
  | {
      readonly status: "exited";
      readonly exitCode: number;
      readonly oomKilled: boolean;
      /** For people, as the engine's own words; null: nothing to add. */
      readonly message: string | null;
    }
  /** Nobody can say how. */
  | { readonly status: "unseen"; readonly message: string };

/** Files of a container below the agent's data directory. */
export function containerFiles(
  directory: string,
  key: ProcessKey,
): { run: string; status: string } {
  return { run: `${directory}/${key}.run.json`, status: `${directory}/${key}.status.json` };
}

export function writeStatus(path: string, status: ContainerStatus): void {
  writeFileSync(`${path}.new`, JSON.stringify(status), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Null: nothing is written yet, or it was removed. */
export function readStatus(path: string): ContainerStatus | null {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as ContainerStatus;
  } catch {
    return null;
  }
}

export function removeFiles(directory: string, key: ProcessKey): void {
  const files = containerFiles(directory, key);
  for (const path of [files.run, files.status]) rmSync(path, { force: true });
}
