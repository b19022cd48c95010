import type { NodeNumber } from "../id.ts";

/**
 * The work behind a task instance (OPMATE 7): one script on frozen targets, a task of a job of the type `fleet` for each
 * node. It takes no slot, and is at most once per execution: what is lost or in doubt has failed, nothing runs again by
 * itself (DESIGN 2).
 */
export interface FleetRunSpec {
  readonly instanceNo: number;
  readonly definitionId: string;
  readonly revision: number;
  readonly script: ScriptSource;
  /** Words after the script's name, as they are; never text for a shell. */
  readonly arguments: readonly string[];
  /** Account of the node that runs it; null: the agent's own. */
  readonly osUser: string | null;
  /** From when a target became ready; a node that has not begun until then does not begin. */
  readonly startWithinMs: number;
  /** Of the script on one node, from its start; null: unlimited. */
  readonly nodeTimeoutMs: number | null;
}

/** A script as it is stored: its bytes are in the server's script store. */
export interface ScriptSource {
  /** File name, whose ending tells what runs it. */
  readonly name: string;
  /** Lower-case hexadecimal SHA-256 of the content. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Keys of the reserved words in it, each once (OPMATE 9). */
  readonly words: readonly string[];
}

/** One node of a run. */
export interface FleetTarget {
  readonly node: NodeNumber;
  /** As it was when the run began. */
  readonly nodeId: string;
  /** Values of the attributes that the script names, by key, as they were when the run began. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** What a node is told of a fleet script beside its user and its time; the bytes it fetches by their hash. */
export interface ScriptOrder
  extends Pick<
    FleetRunSpec,
    "instanceNo" | "definitionId" | "script" | "arguments" | "startWithinMs"
  > {
  /** For `@OPM_ATTR.KEY@` and `@STINT.KEY@`. */
  readonly attributes: Readonly<Record<string, string>>;
}
