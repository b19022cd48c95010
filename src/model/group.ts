import type {
  CheckRestart,
  DisconnectPolicy,
  MigratePolicy,
  ReschedulePolicy,
  RestartPolicy,
  UpdatePolicy,
} from "./groupPolicy.ts";
import type { AffinitySpec, ConstraintSpec, SpreadSpec } from "./placementSpec.ts";

/**
 * Groups of a self-healing job as their user described them (Nomad's task groups), every default filled in. One
 * execution runs all members of a group on one node; Nomad's "task" is our member.
 */

export type Attributes = Readonly<Record<string, string>>;

/** A value of a driver's own configuration, JSON-like. */
export type ConfigValue =
  | string
  | number
  | boolean
  | null
  | readonly ConfigValue[]
  | { readonly [name: string]: ConfigValue };

export type DriverName = "raw_exec" | "exec" | "docker" | "java";

export interface PortSpec {
  readonly label: string;
  /** Port on the node; null: chosen from DYNAMIC_PORT_FIRST..DYNAMIC_PORT_LAST. */
  readonly static: number | null;
  /** Port inside the container; -1: the same as on the node; 0: not mapped. */
  readonly to: number;
}

/** Only `host` (and for the docker driver `bridge`, `none`) is run; others are refused where the job is read. */
export interface NetworkSpec {
  readonly mode: "host" | "bridge" | "none";
  readonly hostname: string | null;
  readonly ports: readonly PortSpec[];
}

export type CheckType = "http" | "tcp" | "script";

export interface CheckSpec {
  readonly name: string;
  readonly type: CheckType;
  /** Label of a port or a number; null for script checks. */
  readonly port: string | null;
  /** Of http checks. */
  readonly path: string;
  readonly method: string;
  readonly protocol: "http" | "https";
  readonly header: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
  readonly tlsSkipVerify: boolean;
  /** Of script checks: program and arguments, run in the member. */
  readonly command: string;
  readonly args: readonly string[];
  /** Member that the check belongs to: runs its script, is restarted by it. Null: the only one of its group. */
  readonly member: string | null;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly initialStatus: "" | "passing" | "warning" | "critical";
  readonly onUpdate: "require_healthy" | "ignore_warnings" | "ignore";
  /** In a row before a check counts as passing; 0: one is enough. */
  readonly successBeforePassing: number;
  readonly failuresBeforeCritical: number;
  /** Merged with the service's; null: failing changes nothing. */
  readonly checkRestart: CheckRestart | null;
}

export interface ServiceSpec {
  readonly name: string;
  readonly provider: "nomad" | "consul";
  /** Label of a port or a number; null: none. */
  readonly port: string | null;
  readonly addressMode: string;
  readonly tags: readonly string[];
  readonly meta: Attributes;
  /** Member of the service: the one it was written in, or its `task`. Null: the group's. */
  readonly member: string | null;
  readonly checks: readonly CheckSpec[];
}

export interface ResourcesSpec {
  readonly cpuMhz: number;
  /** Whole cores, reserved; 0: none, cpuMhz counts. */
  readonly cores: number;
  /** MiB. */
  readonly memoryMb: number;
  /** MiB; 0: memoryMb is the limit. */
  readonly memoryMaxMb: number;
}

/** When a member runs beside the mains; null in the member: it is one of them. */
export interface LifecycleSpec {
  readonly hook: "prestart" | "poststart" | "poststop";
  readonly sidecar: boolean;
}

export interface ArtifactSpec {
  readonly source: string;
  /** Relative to the member's directory. */
  readonly destination: string;
  readonly mode: "any" | "file" | "dir";
  /** `checksum` (`sha256:HEX`, `md5:HEX`, ...) and `archive`. */
  readonly options: Attributes;
  readonly headers: Attributes;
}

export interface TemplateSpec {
  /** File, relative to the member's directory; null: `data` is the text. */
  readonly source: string | null;
  readonly data: string;
  readonly destination: string;
  readonly changeMode: "restart" | "signal" | "noop" | "script";
  readonly changeSignal: string;
  /** Whether the result is read as KEY=VALUE lines of the environment. */
  readonly env: boolean;
  /** Octal digits. */
  readonly perms: string;
  readonly splayMs: number;
  readonly leftDelimiter: string;
  readonly rightDelimiter: string;
}

export interface LogsSpec {
  readonly maxFiles: number;
  /** MiB. */
  readonly maxFileSizeMb: number;
  readonly disabled: boolean;
}

/** Size of a full log file: byte `p` of what a member's stream has said since it began is in file `p / size`. */
export function logFileBytes({ maxFileSizeMb }: Pick<LogsSpec, "maxFileSizeMb">): number {
  return Math.max(maxFileSizeMb, 1) * 1024 * 1024;
}

export interface VolumeMountSpec {
  readonly volume: string;
  readonly destination: string;
  readonly readOnly: boolean;
}

/** How executions may use a host volume (Nomad). Null in a spec: as `readOnly` says. */
export const VOLUME_ACCESS_MODES = [
  "single-node-reader-only",
  "single-node-writer",
  "single-node-multi-writer",
] as const;

/** A directory of the node that its agent offers under a name. */
export interface VolumeSpec {
  readonly name: string;
  readonly type: "host";
  /** The agent's name for it. */
  readonly source: string;
  readonly readOnly: boolean;
  readonly accessMode: (typeof VOLUME_ACCESS_MODES)[number] | null;
  readonly attachmentMode: "file-system" | null;
  /** Whether each index of the group has its own: `SOURCE[INDEX]`. */
  readonly perAlloc: boolean;
}

/** The agent's name for what the execution of this index gets (Nomad). */
export function volumeSource({ source, perAlloc }: VolumeSpec, index: number): string {
  return perAlloc ? `${source}[${index}]` : source;
}

/** A named process description within a group (Nomad `task`). */
export interface MemberSpec {
  readonly name: string;
  readonly driver: DriverName;
  readonly config: Readonly<Record<string, ConfigValue>>;
  /** OS user; null: the node's default for the driver. */
  readonly user: string | null;
  readonly env: Attributes;
  readonly meta: Attributes;
  readonly resources: ResourcesSpec;
  readonly constraints: readonly ConstraintSpec[];
  readonly affinities: readonly AffinitySpec[];
  /** Merged over the group's. */
  readonly restart: RestartPolicy;
  readonly lifecycle: LifecycleSpec | null;
  readonly leader: boolean;
  /** From the signal to the kill; the node caps it. */
  readonly killTimeoutMs: number;
  /** As `SIGINT`; null: the driver's default. */
  readonly killSignal: string | null;
  /** Between leaving the services and the signal. */
  readonly shutdownDelayMs: number;
  readonly services: readonly ServiceSpec[];
  readonly artifacts: readonly ArtifactSpec[];
  readonly templates: readonly TemplateSpec[];
  readonly logs: LogsSpec;
  readonly volumeMounts: readonly VolumeMountSpec[];
  /** File below the member's `local` that gets the payload of a dispatch; null: none. */
  readonly dispatchPayloadFile: string | null;
}

export interface GroupSpec {
  readonly name: string;
  readonly count: number;
  readonly constraints: readonly ConstraintSpec[];
  readonly affinities: readonly AffinitySpec[];
  readonly spreads: readonly SpreadSpec[];
  /** What members that write none of their own have. */
  readonly restart: RestartPolicy;
  /** Null: the job's type has none (system, sysbatch). */
  readonly reschedule: ReschedulePolicy | null;
  /** Null: the job's type has none (batch, sysbatch), or it is switched off. */
  readonly update: UpdatePolicy | null;
  readonly migrate: MigratePolicy | null;
  readonly disconnect: DisconnectPolicy;
  readonly ephemeralDisk: {
    readonly sizeMb: number;
    readonly sticky: boolean;
    readonly migrate: boolean;
  };
  readonly networks: readonly NetworkSpec[];
  readonly services: readonly ServiceSpec[];
  readonly volumes: readonly VolumeSpec[];
  readonly shutdownDelayMs: number;
  readonly meta: Attributes;
  /** From the execution's start (batch, sysbatch); null: unlimited. */
  readonly maxRunDurationMs: number | null;
  readonly members: readonly MemberSpec[];
}

/** Starts a child job at times (batch, sysbatch). */
export interface PeriodicSpec {
  readonly enabled: boolean;
  readonly crons: readonly string[];
  readonly prohibitOverlap: boolean;
  /** IANA. */
  readonly timeZone: string;
}

/** A job that runs only by dispatch (batch, sysbatch). */
export interface ParameterizedSpec {
  readonly payload: "optional" | "required" | "forbidden";
  readonly metaRequired: readonly string[];
  readonly metaOptional: readonly string[];
}

/** What a job of groups has beyond the JobSpec that all jobs share. */
export interface GroupsSpec {
  readonly name: string;
  readonly region: string;
  readonly namespace: string;
  /** Globs. */
  readonly datacenters: readonly string[];
  readonly allAtOnce: boolean;
  readonly meta: Attributes;
  readonly constraints: readonly ConstraintSpec[];
  readonly affinities: readonly AffinitySpec[];
  readonly spreads: readonly SpreadSpec[];
  readonly periodic: PeriodicSpec | null;
  readonly parameterized: ParameterizedSpec | null;
  readonly groups: readonly GroupSpec[];
}

/** Ports that are promised where a job names none (Nomad). */
export const DYNAMIC_PORT_FIRST = 20_000;
export const DYNAMIC_PORT_LAST = 32_000;
