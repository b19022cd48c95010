import type { HostVolumeFacts } from "../model/node.ts";
import type { ContainerRules } from "./drivers/docker/containerSpec.ts";
import type { ImageMap } from "./drivers/docker/image.ts";
import type { HostOptions } from "./fingerprint/host.ts";

/** The part of pino's interface that the agent uses. */
export interface AgentLogger {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** As whom tasks may run; the agent's own decision, never the server's. */
export interface AllowedUsers {
  /** Whether `elevationLevel: admin` is granted: the command runs as root. Needs an agent that runs as root. */
  readonly admin: boolean;
  /**
   * The user ids that automatic accounts are made of, one for a pool or one for each task; needs root, and nothing
   * is written to /etc/passwd. Null: automatic accounts of no elevation are the agent's own user.
   */
  readonly accounts: { readonly firstUid: number; readonly count: number } | null;
  /** Names of existing OS users that tasks may ask for by `userName`. */
  readonly named: readonly string[];
}

export const OWN_USER_ONLY: AllowedUsers = { admin: false, accounts: null, named: [] };

/** What drivers may do; the agent's own decision, never the server's. */
export interface DriverOptions {
  /** Whether members may run as plain processes without limits, as the agent's own user. */
  readonly rawExec: boolean;
  /** What images are taken for those that jobs name. */
  readonly images: ImageMap;
  readonly docker: ContainerRules;
  /** Directories of the machine that groups may mount by name. */
  readonly hostVolumes: Readonly<Record<string, HostVolumeFacts>>;
  /** What members of the driver exec see of the machine beyond what all do (SHOWN), as absolute paths. */
  readonly execRoots: readonly string[];
  /** Whether these have a root of their own: where it can be had, always (else they do not start), or never. */
  readonly execRoot: "auto" | "required" | "off";
  /** Files of the agent's own that they are not to see, as absolute paths. */
  readonly secretFiles: readonly string[];
}

export const CAREFUL_DRIVERS: DriverOptions = {
  rawExec: false,
  images: {},
  docker: { allowPrivileged: false, allowHostPaths: false },
  hostVolumes: {},
  execRoots: [],
  execRoot: "auto",
  secretFiles: [],
};

export interface AgentOptions {
  /** `http://HOST:PORT` or `https://...`, without a path. */
  readonly serverUrl: string;
  /** Shown at the first start only; null when the node has joined before. */
  readonly joinToken: string | null;
  /** Where the join token was read, for messages; null: no person put it anywhere. */
  readonly tokenSource: string | null;
  /** The pool that the node is meant for: in another it does not start. Null: the join token's. */
  readonly poolId: string | null;
  /** The node id that people see, as wished at the first join. */
  readonly name: string;
  readonly slots: number;
  /** Key, identity, journal and shims; mode 0700. */
  readonly dataDirectory: string;
  /** AZ_BATCH_NODE_ROOT_DIR. */
  readonly rootDirectory: string;
  readonly allowedUsers: AllowedUsers;
  /** Run by `/bin/sh -c` when the server asks for a reboot; null: the node cannot. */
  readonly rebootCommand: string | null;
  /** Given by the server's provider; null: the node makes its own. */
  readonly guid: string | null;
  /** Set by a provider that reboots nodes without rebooting the machine; null: the kernel's boot id alone. */
  readonly bootId: string | null;
  /** Starts this executable; `shim DIRECTORY` is appended. */
  readonly selfCommand: readonly string[];
  /** Variables that tell programs which certificates to trust, for tools of scripts; absent: those of the system. */
  readonly trustVariables?: Readonly<Record<string, string>>;
  /** Whether plain HTTP beyond loopback is accepted. */
  readonly insecure: boolean;
  /** Of the executable; a shim of another version gets no new work. */
  readonly version: string;
  /** `auto` uses control groups where they can be written; `off` leaves them alone. */
  readonly cgroups: "auto" | "off";
  /** What groups are placed by. */
  readonly host: HostOptions;
  readonly drivers: DriverOptions;
  readonly logger: AgentLogger;
}

/** How an agent's life ended. */
export type AgentEnd =
  | { readonly reason: "stopped" }
  /** The server removed the node: the identity is gone. */
  | { readonly reason: "left" }
  /** The server will not have it, and trying again is of no use. */
  | { readonly reason: "refused"; readonly message: string }
  /** The agent cannot go on, for example when its journal cannot be written. */
  | { readonly reason: "failed"; readonly message: string };

export interface AgentHandle {
  /** Resolves when the agent has let go of everything; its processes run on under their shim. */
  stop(): Promise<void>;
  /** Settles once, however the life ended. */
  readonly done: Promise<AgentEnd>;
}

/** An agent that cannot start: one line for people, saying what was expected and what to do. */
export class AgentStartError extends Error {
  override readonly name = "AgentStartError";
}
