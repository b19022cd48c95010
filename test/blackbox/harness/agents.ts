import type { ProcessEntry } from "./processes.ts";
import type { Sandbox } from "./sandbox.ts";
import { nodeFolder, type ServerProcess } from "./server.ts";
import { until } from "./until.ts";

/** What runs on this machine of one local node. */
export interface NodeProcesses {
  readonly agents: readonly ProcessEntry[];
  readonly shims: readonly ProcessEntry[];
  /** Whatever else has to do with the node: the tasks' processes. */
  readonly others: readonly ProcessEntry[];
}

export function processesOfNode(sandbox: Sandbox, folder: string): NodeProcesses {
  const all = sandbox.processes(folder);
  const isAgent = ({ words }: ProcessEntry) => words.includes("local-node");
  const isShim = ({ words }: ProcessEntry) => words.includes("shim");
  return {
    agents: all.filter(isAgent),
    shims: all.filter(isShim),
    others: all.filter((entry) => !isAgent(entry) && !isShim(entry)),
  };
}

/** The process id of a local node's agent; waits for one. */
export async function untilAgent(
  sandbox: Sandbox,
  folder: string,
  isWanted: (pid: number) => boolean = () => true,
): Promise<number> {
  const pid = await until(
    "the agent of the node",
    () => processesOfNode(sandbox, folder).agents[0]?.pid ?? null,
    (found) => found !== null && isWanted(found),
  );
  return pid ?? 0;
}

/** Waits until another agent than that of before is connected. */
export async function untilAgentIsBack(
  sandbox: Sandbox,
  server: ServerProcess,
  nodeId: string,
  before: number,
): Promise<number> {
  const folder = await nodeFolder(server, nodeId);
  const pid = await untilAgent(sandbox, folder, (found) => found !== before);
  await until(
    "the node to be connected",
    async () => (await server.client.nodes.get(nodeId)).contact,
    (contact) => contact === "connected",
  );
  return pid;
}
