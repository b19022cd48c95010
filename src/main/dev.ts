import { createClient } from "../client/client.ts";
import type { FleetSettings } from "../fleet/state.ts";
import { devHint } from "./devHint.ts";
import { endSignal } from "./endSignal.ts";
import { type Served, serve } from "./serve.ts";
import { VERSION } from "./version.ts";

export interface DevOptions {
  readonly dataDirectory: string;
  readonly port: number;
  readonly nodes: number;
  readonly slots: number;
  readonly logLevel: string;
  readonly fleetSettings: FleetSettings;
}

const POOL_ID = "default";
const READY_TIMEOUT_MS = 30_000;

/**
 * `stint dev`: a server on this machine alone, with an SQLite file and local nodes. A second start on the same folder
 * finds everything again. Ctrl-C ends it and leaves no process behind; what ran is recovered by the next start.
 */
export async function runDev(options: DevOptions): Promise<number> {
  // From the first moment: Ctrl-C while it starts is to leave no process behind either.
  const ended = endSignal();
  const served = await serve({
    dataDirectory: options.dataDirectory,
    storePath: null,
    hostname: "127.0.0.1",
    port: options.port,
    localNodes: true,
    logLevel: options.logLevel,
    fleetSettings: options.fleetSettings,
    defaultPool: {
      id: POOL_ID,
      displayName: "Nodes on this machine",
      provider: "local",
      targetDedicatedNodes: options.nodes,
      taskSlotsPerNode: options.slots,
      accepts: ["fleet", "batch", "groups"],
    },
  });
  const client = createClient({ url: served.server.url, token: served.token });
  print(served, options);
  await Promise.race([waitForNodes(client, options), ended]);
  await ended;
  process.stdout.write("\nStopping: nodes, then the server ...\n");
  await served.server.stop("withProcesses");
  process.stdout.write("Stopped. Start it again in the same way to go on where it was.\n");
  return 0;
}

type Client = ReturnType<typeof createClient>;

function print(served: Served, options: DevOptions): void {
  const { server, directory, token, isFirst } = served;
  const lines = [
    `Stint ${VERSION}`,
    `  address  ${server.url}`,
    `  token    ${token}`,
    `  data     ${directory.path}${isFirst ? "" : "  (found again)"}`,
    "",
    ...devHint(directory.path, process.cwd()),
    "",
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  process.stdout.write(`Starting ${options.nodes} nodes ...\n`);
}

async function waitForNodes(client: Client, options: DevOptions): Promise<void> {
  const begun = performance.now();
  while (performance.now() - begun < READY_TIMEOUT_MS) {
    const { items } = await client.nodes.list({ poolId: POOL_ID });
    const ready = items.filter((node) => node.state === "idle" || node.state === "running");
    if (ready.length >= Math.min(options.nodes, items.length) && ready.length > 0) {
      const names = ready.map((node) => node.id).join(", ");
      process.stdout.write(`${ready.length} nodes are ready: ${names}\nStop with Ctrl-C.\n`);
      return;
    }
    await Bun.sleep(20);
  }
  process.stdout.write("Not all nodes are ready yet: look at `stint node list --batch`.\n");
}
