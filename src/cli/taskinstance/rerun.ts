import type { Client } from "../../client/client.ts";
import { CliError, UsageError } from "../failure.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface InstanceRerunOptions {
  readonly instanceNo: number;
  readonly nodeId: readonly string[];
  readonly failed: boolean;
  readonly neverRan: boolean;
}

type Select = "failed" | "neverRan";

export async function run(session: Session, options: InstanceRerunOptions): Promise<number> {
  const { instanceNo, nodeId, failed, neverRan } = options;
  if ([nodeId.length > 0, failed, neverRan].filter(Boolean).length !== 1) {
    throw new UsageError("Expected one of -ni,--nodeid, -fa,--failed and -nr,--never-ran.");
  }
  const client = await session.client();
  const select = failed ? "failed" : "neverRan";
  const isNamed = nodeId.length > 0;
  const nodeIds = isNamed ? [...nodeId] : await selected(client, instanceNo, select);
  const answer = await client.instances.rerun(instanceNo, isNamed ? { nodeIds } : { select });
  const said = nodeIds.map(
    (id) => `${id} of task-instance #${instanceNo} has been requested successfully.`,
  );
  return await printDone(session, said.join("\n"), answer);
}

/** The nodes that the server will select. Throws CliError when there is none, as nothing would happen then. */
async function selected(client: Client, instanceNo: number, select: Select): Promise<string[]> {
  const { items } = await client.instances.nodes(instanceNo, { result: "fail", limit: 0 });
  const found = items.filter(({ exitCode }) => select === "failed" || exitCode === undefined);
  if (found.length > 0) return found.map(({ nodeId }) => nodeId);
  const what = select === "failed" ? "has failed" : "has ended without having run the script";
  throw new CliError(`No node of task-instance #${instanceNo} ${what}: nothing to run again.`, {
    fix: `See its nodes with \`stint taskinstance listnode -in ${instanceNo}\`.`,
  });
}
