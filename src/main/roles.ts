import { FLEET_FLAG, FLEET_OPTIONS, fleetSettingsOf } from "./fleetOptions.ts";
import { StartError } from "./lineError.ts";
import { logLevelOf, numberOf, options } from "./options.ts";
import { processIo } from "./processIo.ts";

/** What the executable can be besides a command line; each loads only what it needs. */
type Role = (words: string[]) => Promise<number>;

const ROLES: Readonly<Record<string, Role>> = {
  dev: async (words) => {
    const { runDev } = await import("./dev.ts");
    const values = options(words, DEV_OPTIONS, DEV_HELP, { flags: [FLEET_FLAG] });
    if (values === null) return 0;
    return runDev({
      dataDirectory: values["data"] ?? ".stint",
      port: numberOf(values, "port", 0, 65_535, 7878),
      nodes: numberOf(values, "nodes", 1, 64, 2),
      slots: numberOf(values, "slots", 1, 256, 4),
      logLevel: logLevelOf(values, "warn"),
      fleetSettings: fleetSettingsOf(values),
    });
  },
  demo: async (words) => {
    if (options(words, [], DEMO_HELP) === null) return 0;
    return (await import("./demo.ts")).runDemo();
  },
  server: async (words) => (await import("./serverRole.ts")).runServer(words),
  agent: async (words) => (await import("./agentRole.ts")).runAgentRole(words),
  shim: async ([directory]) => {
    const { runShim } = await import("../agent/shim/shim.ts");
    const { selfCommand } = await import("./selfCommand.ts");
    await runShim(required(directory, "shim DIRECTORY"), selfCommand());
    return 0;
  },
  starter: async ([parent]) => {
    const { runStarter } = await import("../agent/starter/starter.ts");
    return runStarter(Number(required(parent, "starter PROCESS")));
  },
  container: async ([file]) => {
    const { superviseContainer } = await import("../agent/drivers/docker/supervisor.ts");
    return superviseContainer(required(file, "container FILE"));
  },
  "file-tool": async ([name, ...words]) => {
    const { runFileTool } = await import("../cli/file/tool.ts");
    return runFileTool(required(name, "file-tool NAME ..."), words, processIo());
  },
  "local-node": async ([directory]) => {
    const { runLocalNode } = await import("./localNode.ts");
    return runLocalNode(required(directory, "local-node DIRECTORY"));
  },
};

/** The role of a word; null: it is the command line's. */
export function rolesOf(word: string): Role | null {
  return Object.hasOwn(ROLES, word) ? (ROLES[word] ?? null) : null;
}

const DEV_OPTIONS = ["data", "port", "nodes", "slots", "log-level", ...FLEET_OPTIONS] as const;
const DEV_HELP = `usage: stint dev [--data DIRECTORY] [--port NUMBER] [--nodes NUMBER] [--slots NUMBER]

A server with an embedded SQLite file and local nodes, on this machine alone.
  --data DIRECTORY     where everything is kept (default .stint)
  --port NUMBER        port on 127.0.0.1 (default 7878; 0: any free one)
  --nodes NUMBER       local nodes, at the first start (default 2)
  --slots NUMBER       task slots of each, at the first start (default 4)
  --time-zone ZONE     of schedules that name none, as Asia/Seoul (default this machine's)
  --allow-self-approval   owners of tasks may accept them themselves (default a second person has to)
  --log-level LEVEL    error, warn, info or debug (default warn)
`;

const DEMO_HELP = `usage: stint demo

Starts a server and two nodes of its own, runs on them what Azure Batch's JobPrepRelease sample does, then a script that
one person wrote and another approved, checks what comes out, and leaves nothing behind. Exits with 1 if anything is not
as it should be.
`;

function required(value: string | undefined, usage: string): string {
  if (value === undefined) throw new StartError(`Expected: stint ${usage}`);
  return value;
}
