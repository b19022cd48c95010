import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { dataLayout } from "../agent/directories.ts";
import { readHolder } from "../agent/lock.ts";
import { isAlive, kernelBootId, readProcessStat } from "../agent/platform/processIdentity.ts";
import { stopNode } from "../agent/stopNode.ts";
import { type Client, createClient, orNull } from "../client/client.ts";
import type { EngineSettings } from "../engine/state.ts";
import type { FleetSettings } from "../fleet/state.ts";
import { hashToken, newToken } from "../server/access/tokens.ts";
import {
  type DataDirectory,
  openDataDirectory,
  readAdminToken,
  writeAdminToken,
  writeServerFile,
} from "../server/dataDirectory.ts";
import type { RepositorySettings } from "../server/repository/repository.ts";
import { Server } from "../server/server.ts";
import { FolderBlobStore } from "../store/folderBlobStore.ts";
import { type FileLock, lockFile } from "../store/sqlite/files.ts";
import { openSqliteStore } from "../store/sqlite/open.ts";
import type { Store } from "../store/store.ts";
import { StartError } from "./lineError.ts";
import { createLogger } from "./logger.ts";
import { selfCommand } from "./selfCommand.ts";
import { VERSION } from "./version.ts";

export interface ServeOptions {
  readonly dataDirectory: string;
  /** A path of an SQLite file; null: in the data directory. */
  readonly storePath: string | null;
  readonly hostname: string;
  readonly port: number;
  readonly localNodes: boolean;
  readonly logLevel: string;
  readonly settings?: Partial<EngineSettings>;
  readonly repository?: Partial<RepositorySettings>;
  readonly fleetSettings: FleetSettings;
  /** The pool that is made when there is none of its id; null: none is. */
  readonly defaultPool: PoolAdd | null;
}

export interface Served {
  readonly server: Server;
  readonly directory: DataDirectory;
  readonly token: string;
  /** Whether this was the first start on this data directory. */
  readonly isFirst: boolean;
  /** Held until the process ends: two servers would take each other's nodes for their own, whatever their stores are. */
  readonly lock: FileLock;
}

/** Opens the store and starts a server on it, with its administrator's token and the file that the CLI finds it by. */
export async function serve(options: ServeOptions): Promise<Served> {
  const path = resolve(options.dataDirectory);
  // Nothing is made for a start that would fail.
  if (!existsSync(path)) requireFreePort(options);
  const directory = openDataDirectory(path);
  const lock = lockFile(join(directory.path, "server"), directory.path);
  const store = await openSqliteStore(options.storePath ?? directory.storePath).catch((error) => {
    lock.release();
    throw error;
  });
  try {
    const { token, isFirst } = await adminToken(store, directory);
    const server = await Server.start({
      store,
      storeKind: "sqlite",
      blobs: new FolderBlobStore(directory.blobsPath),
      hostname: options.hostname,
      port: options.port,
      version: VERSION,
      logger: createLogger(options.logLevel),
      settings: options.settings ?? {},
      repository: options.repository ?? {},
      fleetSettings: options.fleetSettings,
      local: options.localNodes ? localParts(directory) : null,
    });
    // Before anybody is told of the server: what they do with its token, and pools of the same id, would be in the way.
    const { defaultPool } = options;
    if (defaultPool !== null) await makePool(createClient({ url: server.url, token }), defaultPool);
    writeServerFile(directory, { url: server.url, token });
    return { server, directory, token, isFirst, lock };
  } catch (error) {
    await store.close();
    lock.release();
    throw isPortTaken(error) ? portTaken(options, error) : error;
  }
}

type PoolAdd = Parameters<Client["pools"]["create"]>[0];

async function makePool(client: Client, pool: PoolAdd): Promise<void> {
  if ((await orNull(client.pools.get(pool.id))) === null) await client.pools.create(pool);
}

function requireFreePort(options: ServeOptions): void {
  const { hostname, port } = options;
  try {
    Bun.listen({ hostname, port, socket: { data: () => undefined } }).stop(true);
  } catch (error) {
    if (isPortTaken(error)) throw portTaken(options, error);
    throw error;
  }
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE";
}

function portTaken({ hostname, port }: ServeOptions, cause: unknown): StartError {
  return new StartError(
    `Expected port ${port} of ${hostname} to be free, and another program uses it. Stop it, or choose another with --port.`,
    { cause },
  );
}

function localParts(directory: DataDirectory) {
  return {
    directory: directory.nodesPath,
    selfCommand: selfCommand(),
    findAgent: async (dataDirectory: string): Promise<number | null> => {
      const holder = readHolder(dataLayout(dataDirectory));
      return holder !== null && isAlive(holder, kernelBootId()) ? holder.pid : null;
    },
    isAlive: isRunning,
    pullPlug: (place: { dataDirectory: string; rootDirectory: string }) =>
      stopNode({ ...place, cgroups: "auto" }),
  };
}

/** A zombie has ended; where process 1 is no init, as in many containers, it stays one for ever. */
function isRunning(pid: number): boolean {
  const state = readProcessStat(pid)?.state ?? "X";
  return state !== "Z" && state !== "X";
}

async function adminToken(
  store: Store,
  directory: DataDirectory,
): Promise<{ token: string; isFirst: boolean }> {
  const before = readAdminToken(directory);
  const isKnown = before !== null && (await store.readApiToken(hashToken(before))) !== null;
  if (before !== null && isKnown) return { token: before, isFirst: false };
  // A store without any is new; in another one the file's token was taken back, and is to stay so.
  const isNewStore = (await store.listApiTokens()).length === 0;
  const token = before !== null && isNewStore ? before : newToken("api");
  const rights = { kind: "api", name: "administrator", role: 0, user: null } as const;
  const record = { ...rights, hash: hashToken(token), createdAt: Date.now(), expiresAt: null };
  await store.addApiToken(record, null);
  if (token !== before) writeAdminToken(directory, token);
  return { token, isFirst: before === null };
}
