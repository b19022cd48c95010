import { parseDuration } from "../model/duration.ts";
import { DEFAULT_REPOSITORY, type RepositorySettings } from "../server/repository/repository.ts";
import { endSignal } from "./endSignal.ts";
import { FLEET_FLAG, FLEET_OPTIONS, fleetSettingsOf } from "./fleetOptions.ts";
import { StartError } from "./lineError.ts";
import { logLevelOf, numberOf, options } from "./options.ts";
import { serve } from "./serve.ts";
import { VERSION } from "./version.ts";

const NAMES = [
  "data",
  "store",
  "host",
  "port",
  "local-nodes",
  "log-level",
  "heartbeat-ms",
  "unknown-after-ms",
  "lost-after-ms",
  "reboot-timeout-ms",
  "file-retention",
  "file-quota-mib",
  ...FLEET_OPTIONS,
];

const HELP = `usage: stint server [--data DIRECTORY] [--store sqlite:PATH] [--host HOST] [--port NUMBER] ...

The control plane.
  --data DIRECTORY        where everything is kept (default /var/lib/stint)
  --store sqlite:PATH     the store (default an SQLite file in the data directory)
  --host HOST             address to listen on (default 127.0.0.1)
  --port NUMBER           port to listen on (default 7878; 0: any free one)
  --local-nodes on|off    whether pools may have nodes on this machine (default off)
  --heartbeat-ms N        how often nodes are to be heard (default 10000)
  --unknown-after-ms N    silence after which a node is unknown (default 30000)
  --lost-after-ms N       further silence after which its work is recovered elsewhere (default 60000)
  --reboot-timeout-ms N   time for a reboot; a node that has not done so then works on (default 600000)
  --file-retention TIME   how long files of the repository are kept (default 14d)
  --file-quota-mib N      size of the repository in MiB (default 10240)
  --time-zone ZONE        of schedules that name none, as Asia/Seoul (default this machine's)
  --allow-self-approval   owners of tasks may accept them themselves (default a second person has to)
  --insecure              listen beyond this machine without TLS, on a trusted network
  --log-level LEVEL       error, warn, info or debug (default info)

The first start writes the administrator's token to DIRECTORY/token.
`;

/** `stint server`: until SIGINT or SIGTERM. Nodes and their processes go on; a later server finds them again. */
export async function runServer(words: readonly string[]): Promise<number> {
  const values = options(words, NAMES, HELP, { flags: ["insecure", FLEET_FLAG] });
  if (values === null) return 0;
  requireSafeHost(values["host"] ?? "127.0.0.1", values["insecure"] === "yes");
  const day = 24 * 60 * 60_000;
  // From the first moment: a signal while it starts is to end it in good order as well.
  const ended = endSignal();
  const served = await serve({
    dataDirectory: values["data"] ?? "/var/lib/stint",
    storePath: storePath(values["store"]),
    hostname: values["host"] ?? "127.0.0.1",
    port: numberOf(values, "port", 0, 65_535, 7878),
    localNodes: onOff(values["local-nodes"]),
    logLevel: logLevelOf(values, "info"),
    repository: repositorySettings(values),
    defaultPool: { ...DEFAULT_POOL, accepts: [...DEFAULT_POOL.accepts] },
    fleetSettings: fleetSettingsOf(values),
    settings: {
      heartbeatIntervalMs: numberOf(values, "heartbeat-ms", 50, day, 10_000),
      unknownAfterMs: numberOf(values, "unknown-after-ms", 100, day, 30_000),
      lostAfterMs: numberOf(values, "lost-after-ms", 0, day, 60_000),
      rebootTimeoutMs: numberOf(values, "reboot-timeout-ms", 100, day, 600_000),
    },
  });
  process.stdout.write(
    `Stint ${VERSION} serves at ${served.server.url}, data in ${served.directory.path}\n`,
  );
  await ended;
  await served.server.stop("nothing");
  return 0;
}

const MIB = 1024 * 1024;
const QUOTA_MAX_MIB = 1_000_000_000;

function repositorySettings(values: Partial<Record<string, string>>): RepositorySettings {
  const { retentionMs: defaultMs, quotaBytes } = DEFAULT_REPOSITORY;
  const text = values["file-retention"];
  const retentionMs = text === undefined ? defaultMs : parseDuration(text);
  if (retentionMs === null || retentionMs < 1_000) {
    throw new StartError(
      `Expected --file-retention to be a time of at least a second, as 14d or PT36H, got "${text}".`,
    );
  }
  const quotaMib = numberOf(values, "file-quota-mib", 1, QUOTA_MAX_MIB, quotaBytes / MIB);
  return { retentionMs, quotaBytes: quotaMib * MIB };
}

/** Where machines join that are not told otherwise: for reviewed fleet runs alone, until a manager says more. */
const DEFAULT_POOL = {
  id: "default",
  displayName: "Machines that joined by themselves",
  provider: "none",
  accepts: ["fleet"],
} as const;

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/;

function requireSafeHost(host: string, isInsecure: boolean): void {
  if (isInsecure || LOOPBACK.test(host)) return;
  throw new StartError(
    `Expected --host to be an address of this machine alone, got "${host}": tokens would cross the network in plain text. ` +
      "Put a TLS proxy before the server, or add --insecure if the network is trusted.",
  );
}

function onOff(text: string | undefined): boolean {
  if (text === undefined || text === "off") return false;
  if (text === "on") return true;
  throw new StartError(`Expected --local-nodes on or off, got "${text}".`);
}

function storePath(text: string | undefined): string | null {
  if (text === undefined) return null;
  const path = /^sqlite:(.+)$/.exec(text)?.[1];
  if (path !== undefined) return path;
  throw new StartError(`Expected --store sqlite:PATH, got "${text}".`);
}
