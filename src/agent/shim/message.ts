import type { ProcessIdentity } from "../core/contract.ts";
import type { ShimRequestOf, SpawnOf } from "../core/shim.ts";
import type { ShimRecord } from "../core/shimRecord.ts";
import type { ProcessUser } from "../platform/becomeProgram.ts";
import type { PrivateRoot } from "../platform/privateRoot.ts";

/**
 * The conversation of agent and shim: JSON lines over a Unix socket in the shim's directory. An agent may drive a
 * shim of an older version, so lines may gain fields but never change a field's meaning.
 */

/** Of what a shim can do; one of a lower number would leave out what it does not know, such as roots, without a word. */
export const SHIM_PROTOCOL = 2;

/** Everything the shim needs to start one process. */
export interface SpawnRequest extends SpawnOf {
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
  /** Who it is in a root of its own, in place of `uid` and `gid`; null: as the shim. */
  readonly user: ProcessUser | null;
  /** Appended to. */
  readonly stdoutPath: string;
  readonly stderrPath: string;
  readonly groups: SpawnGroups | null;
  /** Null: the node's. */
  readonly root: PrivateRoot | null;
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

export type ShimRequest = ShimRequestOf<SpawnRequest>;

/** First line of the shim on every connection; the records that are not forgotten follow, then `ready`. */
export interface ShimHello {
  readonly record: "hello";
  readonly version: string;
  /** Absent: 1, of before there were roots. */
  readonly protocol?: number;
  readonly process: ProcessIdentity;
}

export type ShimLine = ShimHello | ShimRecord | { readonly record: "ready" };

/** Files of a shim's directory. */
export const SHIM_SOCKET = "socket";
export const SHIM_JOURNAL = "journal.jsonl";
export const SHIM_SETTINGS = "settings.json";
export const SHIM_IDENTITY = "identity.json";
