import type { FailureInfo } from "../../model/failure.ts";
import type { ExecutionNumber } from "../../model/id.ts";
import type { ProcessExit, ProcessIdentity } from "../core/contract.ts";

/**
 * The conversation of agent and shim: JSON lines over a Unix socket in the shim's directory. An agent may drive a
 * shim of an older version, so lines may gain fields but never change a field's meaning.
 */

/** Everything the shim needs to start one process. */
export interface SpawnRequest {
  readonly do: "spawn";
  readonly execution: ExecutionNumber;
  readonly bootId: string;
  /** Absolute path of the program. */
  readonly program: string;
  /** First word included. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Null: the shim's own. */
  readonly uid: number | null;
  readonly gid: number | null;
  /** Appended to. */
  readonly stdoutPath: string;
  readonly stderrPath: string;
  readonly groups: SpawnGroups | null;
}

/** Control group directories of one process. */
export interface SpawnGroups {
  /** Joined before the program begins. */
  readonly first: string;
  /** Further hierarchies (cgroup v1), joined right after. */
  readonly further: readonly string[];
  /** File with the peak of memory in bytes; null where there is none. */
  readonly peakMemoryPath: string | null;
  /** File of `usage_usec` lines (cgroup v2 `cpu.stat`); null where there is none. */
  readonly cpuStatPath: string | null;
}

export type ShimRequest =
  | SpawnRequest
  /** Its records are not needed any more. */
  | { readonly do: "forget"; readonly execution: ExecutionNumber }
  /** No new work will come: exit after the last child has ended and was forgotten. */
  | { readonly do: "retire" };

/** A line of the shim's journal, and what it tells the agent: first written, then told. */
export type ShimRecord =
  | { readonly record: "spawning"; readonly execution: ExecutionNumber }
  | {
      readonly record: "started";
      readonly execution: ExecutionNumber;
      readonly process: ProcessIdentity;
      readonly startedAt: number;
    }
  | {
      readonly record: "failed";
      readonly execution: ExecutionNumber;
      readonly failure: FailureInfo;
    }
  | { readonly record: "exited"; readonly execution: ExecutionNumber; readonly exit: ProcessExit }
  | { readonly record: "forgotten"; readonly execution: ExecutionNumber };

/** First line of the shim on every connection; the records that are not forgotten follow, then `ready`. */
export interface ShimHello {
  readonly record: "hello";
  readonly version: string;
  readonly process: ProcessIdentity;
}

export type ShimLine = ShimHello | ShimRecord | { readonly record: "ready" };

/** Files of a shim's directory. */
export const SHIM_SOCKET = "socket";
export const SHIM_JOURNAL = "journal.jsonl";
export const SHIM_SETTINGS = "settings.json";
export const SHIM_IDENTITY = "identity.json";
