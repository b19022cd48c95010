import { existsSync, lstatSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { runAgent } from "../agent/agent.ts";
import type { AgentConfiguration } from "../agent/configuration.ts";
import { dataLayout } from "../agent/directories.ts";
import { DATACENTER_DEFAULT, type HostOptions } from "../agent/fingerprint/host.ts";
import { CAREFUL_DRIVERS, type DriverOptions, OWN_USER_ONLY } from "../agent/options.ts";
import { endSignal } from "./endSignal.ts";
import { StartError } from "./lineError.ts";
import { createLogger } from "./logger.ts";
import { listOf, logLevelOf, numberOf, options, pairsOf } from "./options.ts";
import { selfCommand } from "./selfCommand.ts";
import { VERSION } from "./version.ts";

const NAMES = [
  "server",
  "join-token-file",
  "pool",
  "name",
  "slots",
  "data",
  "root",
  "config",
  "log-level",
  "datacenter",
  "node-class",
  "driver-raw-exec",
];
const LISTS = ["meta", "image-map", "host-volume", "exec-root"];

const HELP = `usage: stint agent --server URL [--join-token-file FILE] [--pool POOL] [--name ID] [--slots NUMBER] ...

A node: joins a server and runs what it is given.
  --server URL             the server's address
  --join-token-file FILE   token for the first start (or STINT_JOIN_TOKEN); its pool is the node's
  --pool POOL              the pool that the node is meant for: with a token for another it does not join
  --name ID                wished node id (default: the host's name)
  --slots NUMBER           task slots it offers (default: the pool's taskSlotsPerNode)
  --data DIRECTORY         key, journal and identity (default /var/lib/stint-agent)
  --root DIRECTORY         task directories (default stint-root beside the data directory)
  --config FILE            the same settings and more as YAML or JSON; options win over it
  --datacenter NAME        what jobs name in datacenters (default dc1)
  --node-class NAME        what constraints see as node.class (default none)
  --meta KEY=VALUE         what constraints see as meta.KEY; may be given again
  --driver-raw-exec on|off allow processes without isolation and limits, as the agent's user (default off)
  --image-map NAME=IMAGE   container image to take for the one that jobs name; may be given again
  --host-volume NAME=DIRECTORY[:ro]  directory that groups may mount as a volume; may be given again
  --exec-root PATH         what tasks of the driver exec may read beside /usr, /etc and the like; may be given again
  --insecure               allow plain HTTP beyond this machine
  --log-level LEVEL        error, warn, info or debug (default info)
`;

const DEFAULT_DATA = "/var/lib/stint-agent";

/** `stint agent`: until SIGINT or SIGTERM; its processes run on under their shim and are found again by the next agent. */
export async function runAgentRole(words: readonly string[]): Promise<number> {
  const values = options(words, NAMES, HELP, { flags: ["insecure"], lists: LISTS });
  if (values === null) return 0;
  const configFile = values["config"];
  const configuration = configFile === undefined ? {} : await readConfiguration(configFile);
  // From the first moment: an agent killed while it starts its shim would leave one behind that nobody knows.
  const ended = endSignal();
  const agent = await runAgent({
    ...optionsOf(configuration, values),
    allowedUsers: configuration.allowedUsers ?? OWN_USER_ONLY,
    rebootCommand: configuration.rebootCommand ?? null,
    guid: null,
    bootId: null,
    selfCommand: selfCommand(),
    version: VERSION,
    cgroups: configuration.cgroups ?? "auto",
    trustVariables: trustVariables(),
    host: hostOptions(configuration, values),
    drivers: {
      ...driverOptions(configuration, values),
      secretFiles: [configFile, values["join-token-file"] ?? configuration.joinTokenFile]
        .filter((path) => path !== undefined)
        .map((path) => resolve(path)),
    },
    logger: createLogger(logLevelOf(values, "info")),
  });
  void ended.then(() => agent.stop());
  const end = await agent.done;
  if (end.reason === "refused" || end.reason === "failed") throw new StartError(end.message);
  return 0;
}

/** Loaded only where there is one: an agent is to be small. */
async function readConfiguration(file: string): Promise<AgentConfiguration> {
  const { readAgentConfiguration } = await import("../agent/configuration.ts");
  return readAgentConfiguration(resolve(file));
}

function optionsOf(configuration: AgentConfiguration, values: Partial<Record<string, string>>) {
  const serverUrl = values["server"] ?? configuration.serverUrl;
  if (serverUrl === undefined) {
    throw new StartError(
      "Expected --server URL (or serverUrl in the configuration), got none. See --help.",
    );
  }
  const dataDirectory = resolve(values["data"] ?? configuration.dataDirectory ?? DEFAULT_DATA);
  return {
    serverUrl,
    ...joinToken(values["join-token-file"] ?? configuration.joinTokenFile, dataDirectory),
    poolId: values["pool"] ?? configuration.pool ?? null,
    name: values["name"] ?? configuration.name ?? hostname(),
    slots: numberOf(values, "slots", 1, 256, configuration.slots ?? 0),
    dataDirectory,
    rootDirectory: resolve(
      values["root"] ?? configuration.rootDirectory ?? join(dataDirectory, "..", "stint-root"),
    ),
    insecure: values["insecure"] === "yes" || configuration.insecure === true,
  };
}

function hostOptions(
  configuration: AgentConfiguration,
  values: Partial<Record<string, string>>,
): HostOptions {
  return {
    datacenter: values["datacenter"] ?? configuration.datacenter ?? DATACENTER_DEFAULT,
    nodeClass: values["node-class"] ?? configuration.nodeClass ?? "",
    meta: { ...configuration.meta, ...pairsOf(values, "meta") },
  };
}

/** Programs of scripts inherit nothing of the agent's, and are to trust whom it trusts. */
const TRUST_VARIABLES = ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR"];

function trustVariables(): Record<string, string> {
  const given = TRUST_VARIABLES.map((name) => [name, process.env[name] ?? ""] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== ""));
}

function driverOptions(
  configuration: AgentConfiguration,
  values: Partial<Record<string, string>>,
): Omit<DriverOptions, "secretFiles"> {
  const given = values["driver-raw-exec"];
  if (given !== undefined && given !== "on" && given !== "off") {
    throw new StartError(`Expected --driver-raw-exec on or off, got "${given}".`);
  }
  return {
    rawExec: given === undefined ? configuration.driverRawExec === true : given === "on",
    images: { ...configuration.imageMap, ...pairsOf(values, "image-map") },
    docker: configuration.docker ?? CAREFUL_DRIVERS.docker,
    hostVolumes: hostVolumes(configuration, values),
    execRoots: execRoots(configuration, values),
    execRoot: configuration.execRoot ?? CAREFUL_DRIVERS.execRoot,
  };
}

/** Whether each task has it for itself, or nobody may show it as a whole. */
function isTaskOwn(path: string): boolean {
  return path === "/" || /^\/(dev|proc|tmp|alloc|local|secrets)(\/|$)/.test(path);
}

/** Links on the way to the path, and what they lead to. A link alone would lead nowhere, and its target had a second name. */
function withLinks(path: string): string[] {
  const links = path
    .split("/")
    .map((_, index, names) => names.slice(0, index + 1).join("/"))
    .find((above) => above !== "" && lstatSync(above).isSymbolicLink());
  if (links === undefined) return [path];
  const target = resolve(dirname(links), readlinkSync(links));
  return [links, ...withLinks(join(target, path.slice(links.length)))];
}

function execRoots(
  configuration: AgentConfiguration,
  values: Partial<Record<string, string>>,
): readonly string[] {
  const given = [...(configuration.execRoots ?? []), ...listOf(values, "exec-root")];
  return given.flatMap((text) => {
    const path = resolve(text);
    if (isAbsolute(text) && existsSync(path)) {
      const all = withLinks(path);
      if (!all.some(isTaskOwn)) return all;
    }
    throw new StartError(
      `Expected as --exec-root the absolute path of something that is there, other than / and what is in /dev, /proc, /tmp, /alloc, /local and /secrets, which each task has for itself, got "${text}". Correct the path.`,
    );
  });
}

function hostVolumes(
  configuration: AgentConfiguration,
  values: Partial<Record<string, string>>,
): DriverOptions["hostVolumes"] {
  const given = Object.entries(pairsOf(values, "host-volume")).map(([name, text]) => {
    const readOnly = text.endsWith(":ro");
    return [name, { path: readOnly ? text.slice(0, -":ro".length) : text, readOnly }] as const;
  });
  const volumes = { ...configuration.hostVolumes, ...Object.fromEntries(given) };
  for (const [name, { path }] of Object.entries(volumes)) {
    if (isAbsolute(path) && statSync(path, { throwIfNoEntry: false })?.isDirectory()) continue;
    throw new StartError(
      `Expected the absolute path of a directory as host volume ${name}, got "${path}". Make the directory or correct the path.`,
    );
  }
  return volumes;
}

interface GivenToken {
  readonly joinToken: string | null;
  readonly tokenSource: string | null;
}

const NO_TOKEN: GivenToken = { joinToken: null, tokenSource: null };
const TOKEN_FIX = "`stint node jointoken POOL` makes one.";

/** Needed for the first start only: a node that has joined does without. */
function joinToken(file: string | undefined, dataDirectory: string): GivenToken {
  const source = file ?? "STINT_JOIN_TOKEN";
  try {
    const text = file === undefined ? process.env[source]?.trim() : readToken(file);
    return text === undefined || text === "" ? NO_TOKEN : checkedToken(text, source);
  } catch (error) {
    if (hasJoined(dataDirectory)) return NO_TOKEN;
    throw error;
  }
}

function readToken(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new StartError(
      `Expected a join token in ${file}, and could not read it: ${(error as Error).message}. ${TOKEN_FIX}`,
      { cause: error },
    );
  }
  if (text !== "") return text;
  throw new StartError(`Expected a join token in ${file}, and the file is empty. ${TOKEN_FIX}`);
}

/** What it is instead is not told: it may be another secret. */
function checkedToken(text: string, source: string): GivenToken {
  if (/^stint_join_[\w-]+$/.test(text)) return { joinToken: text, tokenSource: source };
  throw new StartError(
    `Expected a join token, which begins with stint_join_, in ${source}, got ${text.length} characters of something else. ${TOKEN_FIX}`,
  );
}

function hasJoined(dataDirectory: string): boolean {
  try {
    const text = readFileSync(dataLayout(dataDirectory).identityPath, "utf8");
    return (JSON.parse(text) as { joined?: boolean }).joined === true;
  } catch {
    return false;
  }
}
