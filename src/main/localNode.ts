import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runAgent } from "../agent/agent.ts";
import { DATACENTER_DEFAULT } from "../agent/fingerprint/host.ts";
import { CAREFUL_DRIVERS, OWN_USER_ONLY } from "../agent/options.ts";
import {
  dataDirectoryOf,
  LAUNCH_FILE,
  type LaunchFile,
  rootDirectoryOf,
} from "../server/providers/agentProcess.ts";
import { endSignal } from "./endSignal.ts";
import { createLogger } from "./logger.ts";
import { selfCommand } from "./selfCommand.ts";
import { VERSION } from "./version.ts";

/** `stint local-node DIRECTORY` (hidden): the agent of a node that the local provider made. */
export async function runLocalNode(directory: string): Promise<number> {
  const launch = JSON.parse(readFileSync(join(directory, LAUNCH_FILE), "utf8")) as LaunchFile;
  // From the first moment: an agent killed while it starts its shim would leave one behind that nobody knows.
  const ended = endSignal();
  const agent = await runAgent({
    ...launch,
    tokenSource: null,
    poolId: null,
    dataDirectory: dataDirectoryOf(directory),
    rootDirectory: rootDirectoryOf(directory),
    allowedUsers: OWN_USER_ONLY,
    rebootCommand: null,
    selfCommand: selfCommand(),
    insecure: false,
    version: VERSION,
    cgroups: "auto",
    host: { datacenter: DATACENTER_DEFAULT, nodeClass: "", meta: {} },
    // A node of the server's own machine, made by it for trying things out.
    drivers: { ...CAREFUL_DRIVERS, rawExec: true },
    logger: createLogger("info"),
  });
  void ended.then(() => agent.stop());
  const end = await agent.done;
  return end.reason === "failed" || end.reason === "refused" ? 1 : 0;
}
