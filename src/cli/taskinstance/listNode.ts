import { givenOf } from "../command/keyValue.ts";
import { rowsOf } from "../output/rows.ts";
import type { Session } from "../session.ts";
import { printNodes } from "./nodeTable.ts";
import type { RESULT, STATUS } from "./words.ts";

export interface InstanceListNodeOptions {
  readonly instanceNo: number;
  readonly nodeId: string | undefined;
  readonly execStatus: keyof typeof STATUS | undefined;
  readonly result: keyof typeof RESULT | undefined;
  readonly exitCd: number | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** As the API says it; C is request, not complete. */
const STATUS_WORDS = { R: "ready", C: "request", S: "complete", F: "fail" } as const;
const RESULT_WORDS = { N: "N/A", S: "success", F: "fail" } as const;

export async function run(session: Session, options: InstanceListNodeOptions): Promise<number> {
  const { instanceNo, nodeId, execStatus, result, exitCd, limit, offset } = options;
  const filter = givenOf({
    nodeId,
    status: execStatus === undefined ? undefined : STATUS_WORDS[execStatus],
    result: result === undefined ? undefined : RESULT_WORDS[result],
    exitCode: exitCd,
  });
  const client = await session.client();
  const nodes = await client.instances.nodes(instanceNo, { ...filter, limit, offset });
  return await printNodes(session, rowsOf(nodes));
}
