import type { ExecutionRecord } from "../../model/execution.ts";
import type { ScriptSource } from "../../model/fleet/run.ts";
import type { ExecutionNumber, JobNumber, NodeNumber } from "../../model/id.ts";
import { SCRIPT_FRAME_MAX_BYTES, type ScriptAnswer } from "../../protocol/node/message.ts";
import type { BlobStore } from "../../store/blobStore.ts";
import type { Store } from "../../store/store.ts";
import type { FileTokens } from "../access/fileTokens.ts";
import { scriptKey } from "../fleet/scripts.ts";
import type { Loop } from "../loop/loop.ts";

export interface NodeScriptParts {
  readonly loop: Pick<Loop, "engine" | "nodeNumber">;
  readonly store: Pick<Store, "readExecution">;
  readonly blobs: Pick<BlobStore, "get">;
  readonly fileTokens: Pick<FileTokens, "issue">;
  readonly onFailure: (error: unknown, execution: ExecutionNumber) => void;
}

/** Scripts kept in memory: a run asks for one script as often as it has nodes. At most 1.4 MB with SCRIPT_FRAME_MAX_BYTES. */
const KEPT_MAX = 64;

type Refused = Extract<ScriptAnswer, { kind: "refused" }>;
const NO_EXECUTION: Refused = { kind: "refused", code: "ExecutionNotFound", isPassing: false };
const NO_SCRIPT: Refused = { kind: "refused", code: "ScriptNotFound", isPassing: false };
const NOT_READ: Refused = { kind: "refused", code: "ScriptNotRead", isPassing: true };

/** Scripts for the nodes that are to run them, and for no other. */
export class NodeScripts {
  /** Content in base64 by its hash, so that none is ever stale; the one used longest ago first. */
  readonly #kept = new Map<string, string>();
  /** Being read, for all who ask meanwhile. */
  readonly #reading = new Map<string, Promise<string | null>>();
  readonly #parts: NodeScriptParts;

  constructor(parts: NodeScriptParts) {
    this.#parts = parts;
  }

  /** The script that this node is to run; null: it has no such execution, or that is over. */
  async sourceOf(node: NodeNumber, execution: ExecutionNumber): Promise<ScriptSource | null> {
    const live = this.#liveSourceOf(node, execution);
    if (live !== null) return live;
    // The engine is ahead of the store: what it has ended is over only when that is committed.
    const record = await this.#parts.store.readExecution(execution);
    if (record === null || !isToRun(record, node)) return null;
    return this.#sourceOfJob(record.job);
  }

  /** The same for the node of the guid. */
  async sourceOfGuid(guid: string, execution: ExecutionNumber): Promise<ScriptSource | null> {
    const node = this.#parts.loop.nodeNumber(guid);
    return node === null ? null : await this.sourceOf(node, execution);
  }

  /** An execution never comes back to life, so what the engine says here the store would say as well. */
  #liveSourceOf(node: NodeNumber, execution: ExecutionNumber): ScriptSource | null {
    const live = this.#parts.loop.engine.executions.get(execution);
    if (live === undefined || !isToRun(live.execution, node)) return null;
    return this.#sourceOfJob(live.job.record.number);
  }

  #sourceOfJob(job: JobNumber): ScriptSource | null {
    return this.#parts.loop.engine.jobs.get(job)?.record.spec.run?.script ?? null;
  }

  /** The answer to a node's question over its link; at once where nothing has to be read. */
  answer(node: NodeNumber, execution: ExecutionNumber): ScriptAnswer | Promise<ScriptAnswer> {
    const source = this.#liveSourceOf(node, execution);
    const base64 = source === null ? null : this.#take(source.sha256);
    if (source === null || base64 === null) return this.#read(node, execution);
    return this.#given(execution, source, base64);
  }

  async #read(node: NodeNumber, execution: ExecutionNumber): Promise<ScriptAnswer> {
    try {
      const source = await this.sourceOf(node, execution);
      if (source === null) return NO_EXECUTION;
      if (source.sizeBytes > SCRIPT_FRAME_MAX_BYTES) return { kind: "large" };
      const base64 = this.#take(source.sha256) ?? (await this.#contentOf(source.sha256));
      return base64 === null ? NO_SCRIPT : this.#given(execution, source, base64);
    } catch (error) {
      this.#parts.onFailure(error, execution);
      return NOT_READ;
    }
  }

  /** The tokens' time counts from here: the node fills the script and starts it. */
  #given(execution: ExecutionNumber, { words }: ScriptSource, base64: string): ScriptAnswer {
    return { kind: "given", base64, fileTokens: this.#parts.fileTokens.issue(execution, words) };
  }

  #take(sha256: string): string | null {
    const base64 = this.#kept.get(sha256);
    if (base64 === undefined) return null;
    this.#kept.delete(sha256);
    this.#kept.set(sha256, base64);
    return base64;
  }

  async #contentOf(sha256: string): Promise<string | null> {
    const key = scriptKey(sha256);
    if (key === null) return null;
    const reading = this.#reading.get(sha256) ?? this.#readContent(sha256, key);
    this.#reading.set(sha256, reading);
    return await reading;
  }

  async #readContent(sha256: string, key: string): Promise<string | null> {
    try {
      const content = await this.#parts.blobs.get(key, { offset: 0, length: null });
      if (content === null) return null;
      const base64 = Buffer.from(await new Response(content).bytes()).toString("base64");
      this.#kept.set(sha256, base64);
      const oldest = this.#kept.size > KEPT_MAX ? this.#kept.keys().next().value : undefined;
      if (oldest !== undefined) this.#kept.delete(oldest);
      return base64;
    } finally {
      this.#reading.delete(sha256);
    }
  }
}

function isToRun({ nodes, state }: ExecutionRecord, node: NodeNumber): boolean {
  return nodes.includes(node) && state !== "ended" && state !== "lost" && state !== "stopping";
}
