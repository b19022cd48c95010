import { parseArgs } from "node:util";
import { StartError } from "./lineError.ts";

/** What the executable can be besides a command line; each loads only what it needs. */
type Role = (words: string[]) => Promise<number>;

const ROLES: Readonly<Record<string, Role>> = {
  dev: async (words) => {
    const { runDev } = await import("./dev.ts");
    const values = options(words, DEV_OPTIONS, DEV_HELP);
    if (values === null) return 0;
    return runDev({
      dataDirectory: values["data"] ?? ".stint",
      port: numberOf(values, "port", 0, 65_535, 7878),
      nodes: numberOf(values, "nodes", 1, 64, 2),
      slots: numberOf(values, "slots", 1, 256, 4),
      logLevel: values["log-level"] ?? "warn",
    });
  },
  demo: async () => (await import("./demo.ts")).runDemo(),
  server: async (words) => (await import("./serverRole.ts")).runServer(words),
  agent: async (words) => (await import("./agentRole.ts")).runAgentRole(words),
  shim: async ([directory]) => {
    const { runShim } = await import("../agent/shim/shim.ts");
    await runShim(required(directory, "shim DIRECTORY"));
    return 0;
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

const DEV_OPTIONS = ["data", "port", "nodes", "slots", "log-level"] as const;
const DEV_HELP = `usage: stint dev [--data DIRECTORY] [--port NUMBER] [--nodes NUMBER] [--slots NUMBER]

A server with an embedded SQLite file and local nodes, on this machine alone.
  --data DIRECTORY     where everything is kept (default .stint)
  --port NUMBER        port on 127.0.0.1 (default 7878; 0: any free one)
  --nodes NUMBER       local nodes, at the first start (default 2)
  --slots NUMBER       task slots of each, at the first start (default 4)
  --log-level LEVEL    error, warn, info or debug (default warn)
`;

/** Values of long options that take one; null when help was asked for and printed. */
export function options(
  words: readonly string[],
  names: readonly string[],
  help: string,
): Partial<Record<string, string>> | null {
  if (words.includes("--help") || words.includes("-h") || words[0] === "help") {
    process.stdout.write(help);
    return null;
  }
  try {
    const { values } = parseArgs({
      args: [...words],
      options: Object.fromEntries(names.map((name) => [name, { type: "string" as const }])),
      strict: true,
    });
    return values as Partial<Record<string, string>>;
  } catch (error) {
    throw new StartError(`${(error as Error).message} See --help.`);
  }
}

/** A whole number within bounds, or the default. */
export function numberOf(
  values: Partial<Record<string, string>>,
  name: string,
  least: number,
  most: number,
  otherwise: number,
): number {
  const text = values[name];
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new StartError(`Expected --${name} to be a whole number from ${least} to ${most}, got "${text}".`);
}

function required(value: string | undefined, usage: string): string {
  if (value === undefined) throw new StartError(`Expected: stint ${usage}`);
  return value;
}
