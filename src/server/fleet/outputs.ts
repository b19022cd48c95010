import type { ExecutionRecord } from "../../model/execution.ts";
import type { InstanceOutput } from "../../protocol/api/answer/instance.ts";
import type { ServerContext } from "../routes/context.ts";
import type { StreamName } from "../routes/executionRun.ts";
import { keptSource } from "../routes/outputSource.ts";

/** A node brings longer output after it told of the end; one request waits for it this long in all. */
const PATIENCE_MS = 10_000;
const LOOK_AGAIN_MS = 20;

const NO_OUTPUT: InstanceOutput = { encoding: "utf8", content: "", sizeBytes: 0, droppedBytes: 0 };

/** Reads the outputs that one request asks for. */
export class OutputReader {
  readonly #context: ServerContext;
  readonly #until = performance.now() + PATIENCE_MS;

  constructor(context: ServerContext) {
    this.#context = context;
  }

  /** What was kept of a stream; as base64 where the bytes are no UTF-8 text. */
  async read(execution: ExecutionRecord | null, stream: StreamName): Promise<InstanceOutput> {
    const info = (await this.#brought(execution, stream))?.result?.[stream];
    if (info === undefined) return NO_OUTPUT;
    const { sizeBytes, droppedBytes } = info;
    const source = await keptSource(this.#context, info);
    if (source === null) return { ...NO_OUTPUT, sizeBytes, droppedBytes, left: "node" };
    const chunks: Uint8Array[] = [];
    for await (const chunk of source.read(0, source.sizeBytes)) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const text = textOf(bytes);
    return text === null
      ? { encoding: "base64", content: bytes.toString("base64"), sizeBytes, droppedBytes }
      : { encoding: "utf8", content: text, sizeBytes, droppedBytes };
  }

  /** The execution once its node has brought the stream; as it is when the node is away, or takes too long. */
  async #brought(
    given: ExecutionRecord | null,
    stream: StreamName,
  ): Promise<ExecutionRecord | null> {
    const { live, store } = this.#context;
    let execution = given;
    while (execution?.result?.[stream].place.kind === "node") {
      const [node] = execution.nodes;
      const record = node === undefined ? null : live.node(node)?.record;
      if (record?.contact !== "connected" || performance.now() >= this.#until) break;
      await Bun.sleep(LOOK_AGAIN_MS);
      execution = await store.readExecution(execution.number);
    }
    return execution;
  }
}

/** Null: the bytes are no UTF-8. */
function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
