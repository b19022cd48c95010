import type { FleetTarget } from "./fleet/run.ts";
import type { GroupPlace } from "./groupJob.ts";

/** What a task, a preparation or a release is asked to do. Defaults are left out, so that a stored spec is small. */

export interface EnvironmentSetting {
  readonly name: string;
  readonly value: string;
}

/** A file brought into the working directory before the command runs. */
export interface ResourceFile {
  readonly source:
    | { readonly kind: "url"; readonly url: string }
    /** A file of the server's file store. */
    | { readonly kind: "server"; readonly path: string }
    | { readonly kind: "inline"; readonly content: string; readonly encoding: "utf8" | "base64" };
  /** Relative to `wd`; may not leave it. */
  readonly filePath: string;
  /** Octal digits; default 0770. */
  readonly fileMode?: string;
  /** Lower-case hexadecimal SHA-256 of the content; absent: not checked. */
  readonly sha256?: string;
}

/** As whom the command runs; the agent's own configuration decides whether it may. */
export type UserIdentity =
  | { readonly kind: "named"; readonly userName: string }
  | {
      readonly kind: "auto";
      readonly scope: "pool" | "task";
      readonly elevationLevel: "nonadmin" | "admin";
    };

/** Bounds that the node enforces by cgroup where it can. */
export interface ResourceLimits {
  readonly memoryBytes?: number;
  /** Cores, fractions allowed. */
  readonly cpuCores?: number;
  readonly processes?: number;
}

/** The command runs in a container, by the docker driver (Azure Batch `containerSettings`). */
export interface ContainerSettings {
  readonly imageName: string;
  /** Further options of `docker create`, split by quoting rules. */
  readonly containerRunOptions?: string;
  /** Default taskWorkingDirectory. */
  readonly workingDirectory?: "taskWorkingDirectory" | "containerImageDefault";
}

/** What every command has: tasks, preparations and releases alike. */
export interface CommandSpec {
  /** Split by quoting rules into words; never run under a shell (Azure Batch). */
  readonly commandLine: string;
  readonly environmentSettings?: readonly EnvironmentSetting[];
  readonly resourceFiles?: readonly ResourceFile[];
  readonly userIdentity?: UserIdentity;
  /** Per run, from its start; absent: unlimited. */
  readonly maxWallClockMs?: number;
  /** From completion; absent: RETENTION_DEFAULT_MS. */
  readonly retentionMs?: number;
  readonly limits?: ResourceLimits;
  readonly container?: ContainerSettings;
}

/** A task as its user described it. */
export interface TaskSpec extends CommandSpec {
  readonly displayName?: string;
  /** Absent: the job's value applies (Azure Batch); -1 is without limit. */
  readonly maxTaskRetryCount?: number;
  /** Absent: 1. */
  readonly requiredSlots?: number;
  /** A node id that is preferred while it has room: a soft hint. */
  readonly affinityId?: string;
  /** The task runs a group of its job; `commandLine` is empty then. Absent: it runs the command. */
  readonly place?: GroupPlace;
  /** The task runs the script of its job on this node and no other; `commandLine` is empty then. */
  readonly target?: FleetTarget;
}

export interface PreparationSpec extends CommandSpec {
  /** Its id, which no task of the job may have; default `jobpreparation`. */
  readonly id: string;
  /** Retries on the same node; 0: none, -1: without limit. */
  readonly maxTaskRetryCount: number;
  /** Whether tasks wait for it and a failure bars the node for the job; default true. */
  readonly waitForSuccess: boolean;
  readonly rerunOnNodeRebootAfterSuccess: boolean;
}

export interface ReleaseSpec extends CommandSpec {
  /** Default `jobrelease`. */
  readonly id: string;
  /** Default and at most RELEASE_WALL_CLOCK_MAX_MS. */
  readonly maxWallClockMs: number;
}

/**
 * Slots that the task takes on its node; groups take processor time, memory and ports instead, and fleet scripts have a
 * limit of their own, so that a busy node does not keep people from operating it.
 */
export function slotsOf({ place, target, requiredSlots }: TaskSpec): number {
  return place === undefined && target === undefined ? (requiredSlots ?? 1) : 0;
}
