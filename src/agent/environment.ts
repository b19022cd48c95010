import type { StartOrder } from "../model/order.ts";
import { taskFolder } from "./directories.ts";

/** What the environment of a task says about its node. */
export interface NodeSurroundings {
  readonly rootDirectory: string;
  readonly serverUrl: string;
}

/** What a command gets when nothing sets it; the agent's own environment is not handed on. */
const BASE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Changes what a Bun executable does, so a program made with Bun would not be itself (Bun's documentation). */
const REMOVED = ["BUN_BE_BUN", "BUN_OPTIONS"];

/**
 * The environment of an execution's process: base, then the job's common settings, then the command's own, then the
 * names that belong to the system, which nobody may change.
 */
export function environmentOf(
  order: StartOrder,
  node: NodeSurroundings,
  userName: string | null,
): Record<string, string> {
  const directory = `${node.rootDirectory}/${taskFolder(order.jobId, order.taskId)}`;
  const environment: Record<string, string> = {
    PATH: BASE_PATH,
    HOME: `${directory}/wd`,
    LANG: "C.UTF-8",
  };
  if (userName !== null) {
    environment["USER"] = userName;
    environment["LOGNAME"] = userName;
  }
  const own = order.members[0]?.command.environmentSettings ?? [];
  for (const { name, value } of [...order.commonEnvironmentSettings, ...own]) {
    environment[name] = value;
  }
  for (const name of REMOVED) delete environment[name];
  for (const [name, value] of systemVariables(order, node, directory)) {
    environment[`AZ_BATCH_${name}`] = value;
    environment[`STINT_${name}`] = value;
  }
  environment["STINT_EXECUTION"] = String(order.execution);
  environment["STINT_EXECUTION_ORDINAL"] = String(order.ordinal);
  return environment;
}

/** Azure Batch's variables of tasks on this kind of node, without their prefix. */
function systemVariables(
  order: StartOrder,
  node: NodeSurroundings,
  directory: string,
): (readonly [string, string])[] {
  const root = node.rootDirectory;
  const variables: (readonly [string, string])[] = [
    ["ACCOUNT_NAME", "stint"],
    ["ACCOUNT_URL", node.serverUrl],
    ["POOL_ID", order.poolId],
    ["NODE_ID", order.nodeId],
    ["NODE_IS_DEDICATED", "true"],
    ["JOB_ID", order.jobId],
    ["TASK_ID", order.taskId],
    ["NODE_ROOT_DIR", root],
    ["NODE_SHARED_DIR", `${root}/shared`],
    ["NODE_STARTUP_DIR", `${root}/startup`],
    ["NODE_MOUNTS_DIR", `${root}/fsmounts`],
    ["TASK_DIR", directory],
    ["TASK_WORKING_DIR", `${directory}/wd`],
    ["TASK_RESERVED_EPHEMERAL_DISK_SPACE_BYTES", "0"],
  ];
  if (order.preparationId !== null && order.kind !== "preparation") {
    const preparation = `${root}/${taskFolder(order.jobId, order.preparationId)}`;
    variables.push(["JOB_PREP_DIR", preparation], ["JOB_PREP_WORKING_DIR", `${preparation}/wd`]);
  }
  return variables;
}
