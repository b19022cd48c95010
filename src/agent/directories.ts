import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";

/** Where an agent keeps what tasks must not see. */
export interface DataLayout {
  readonly lockPath: string;
  /** Who holds the lock, for people and for stopNode. */
  readonly holderPath: string;
  readonly identityPath: string;
  readonly keyPath: string;
  readonly journalPath: string;
  readonly accountsPath: string;
  /** Where the control groups of its executions are. */
  readonly groupsPath: string;
  readonly shimsDirectory: string;
  /** Where the processes that stand for containers are told what to do. */
  readonly containersDirectory: string;
  /** Which commands people have run inside executions, so that none outlives a killed agent. */
  readonly execDirectory: string;
  /** Empty: over it roots of members are made, see ExecRoots. */
  readonly rootPlace: string;
  /** Which processes have such a root. */
  readonly rootRecords: string;
}

export function dataLayout(dataDirectory: string): DataLayout {
  return {
    lockPath: join(dataDirectory, "lock"),
    holderPath: join(dataDirectory, "agent.json"),
    identityPath: join(dataDirectory, "identity.json"),
    keyPath: join(dataDirectory, "key"),
    journalPath: join(dataDirectory, "journal.jsonl"),
    accountsPath: join(dataDirectory, "accounts.json"),
    groupsPath: join(dataDirectory, "groups.json"),
    shimsDirectory: join(dataDirectory, "shims"),
    containersDirectory: join(dataDirectory, "containers"),
    execDirectory: join(dataDirectory, "exec"),
    rootPlace: join(dataDirectory, "root"),
    rootRecords: join(dataDirectory, "roots"),
  };
}

/** The folders of AZ_BATCH_NODE_ROOT_DIR (Azure Batch's names). */
export const ROOT_FOLDERS = [
  "applications",
  "fsmounts",
  "shared",
  "startup",
  "volatile",
  "workitems",
] as const;

/** `isShared`: tasks of several users are to read and write in `shared`. */
export function makeDirectories(
  dataDirectory: string,
  rootDirectory: string,
  isShared: boolean,
): void {
  const layout = dataLayout(dataDirectory);
  for (const path of [dataDirectory, layout.shimsDirectory]) {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  }
  for (const folder of ROOT_FOLDERS) mkdirSync(join(rootDirectory, folder), { recursive: true });
  if (isShared) chmodSync(join(rootDirectory, "shared"), 0o777);
}

/** A job's folder, relative to the root; `job-1` stands for the runs that only scheduled jobs have several of. */
export function jobFolder(jobId: string): string {
  return `workitems/${jobId}`;
}

/** taskRootDirectory: a task's folder, relative to the root. */
export function taskFolder(jobId: string, taskId: string): string {
  return `${jobFolder(jobId)}/job-1/${taskId}`;
}

/** In a task's folder, beside `wd`: the script that it runs, with values that may be secrets. */
export const SCRIPT_FOLDER = ".script";

/** Whether a path below the root is a task's script, or the folder that it is in. */
export function isInScriptFolder(names: readonly string[]): boolean {
  return names[0] === "workitems" && names[4] === SCRIPT_FOLDER;
}
