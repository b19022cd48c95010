import type { AssignedPort } from "../../model/allocation.ts";
import type { ConfigValue, DriverName } from "../../model/group.ts";
import type { DriverFacts } from "../../model/node.ts";
import type {
  StartFailure as CoreStartFailure,
  MemberEnd,
  ProcessExit,
  ProcessIdentity,
  ProcessKey,
} from "../core/contract.ts";
import type { EnteredCommand, EnterFailure, EnterWish } from "../exec/enteredCommand.ts";
import type { ProcessUser } from "../platform/becomeProgram.ts";
import type { GroupLimits } from "../platform/groups.ts";
import type { PrivateRoot } from "../platform/privateRoot.ts";

/** Where an allocation and one of its members keep their files, as absolute paths on the node. */
export interface MemberDirectories {
  /** Shared by the members: `alloc`, with `data`, `logs` and `tmp` in it. */
  readonly alloc: string;
  /** The member's own: `local`, `secrets` and `tmp` are in it. */
  readonly member: string;
  readonly local: string;
  readonly secrets: string;
  readonly tmp: string;
}

/** A directory of the node that a member is to see. */
export interface HostMount {
  readonly source: string;
  readonly destination: string;
  readonly readOnly: boolean;
}

/** One process of a member, everything interpolated and every path absolute. */
export interface MemberStart {
  /** Names the control group and the container. */
  readonly key: ProcessKey;
  readonly driver: DriverName;
  readonly config: Readonly<Record<string, ConfigValue>>;
  /** Null: the driver's default. */
  readonly user: string | null;
  /** Names the automatic account that a member of no user has, where the node gives out any. */
  readonly account: string;
  readonly env: Readonly<Record<string, string>>;
  readonly directories: MemberDirectories;
  /** Directories of its own that a container has to be given. */
  readonly own: readonly HostMount[];
  readonly limits: GroupLimits;
  readonly ports: readonly AssignedPort[];
  /** Of the group. */
  readonly networkMode: "host" | "bridge" | "none";
  readonly hostname: string | null;
  readonly mounts: readonly HostMount[];
  /** For people who look at containers: job, group, member, allocation. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Why a process cannot be started. One that is not recoverable is not tried again (Nomad). */
export interface StartFailure {
  readonly message: string;
  readonly isRecoverable: boolean;
  /** The program is not there. */
  readonly isMissing?: true;
}

export function unrecoverable(message: string): StartFailure {
  return { message, isRecoverable: false };
}

export function recoverable(message: string): StartFailure {
  return { message, isRecoverable: true };
}

/** As the machine is told of it. */
export function startFailureOf(
  { message, isRecoverable }: StartFailure,
  event?: CoreStartFailure["event"],
): CoreStartFailure {
  return {
    failure: { category: "usererror", code: "CommandLaunchFailed", message },
    recoverable: isRecoverable,
    ...(event === undefined ? {} : { event }),
  };
}

export function isStartFailure(value: object | null): value is StartFailure {
  return value !== null && "isRecoverable" in value;
}

/** What the shim is to start. */
export interface Launch {
  /** Absolute path. */
  readonly program: string;
  /** First word included. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Null: the agent's own. */
  readonly uid: number | null;
  readonly gid: number | null;
  /** Who it is in a root of its own, in place of `uid` and `gid`; null: as the agent. */
  readonly user: ProcessUser | null;
  /** Enforced by the process's control group; a container has its own. */
  readonly limits: GroupLimits | undefined;
  /** Null: the node's. */
  readonly root: PrivateRoot | null;
  /** What people are told in a Driver event, as that something cannot be isolated. */
  readonly notes: readonly string[];
}

export interface DriverFingerprint {
  readonly facts: DriverFacts;
  /** As `driver.docker.version`. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** How a command that was run beside a member came out. */
export type ExecuteResult =
  | { readonly state: "exited"; readonly exitCode: number; readonly output: string }
  | { readonly state: "timedOut"; readonly output: string }
  /** It could not be run at all. */
  | { readonly state: "failed"; readonly message: string };

/** Of what a command run beside a member says, this much is kept. */
export const EXECUTE_OUTPUT_MAX_BYTES = 3_072;

/**
 * Starts members by one technique. Their processes, or the process that stands for each, are the shim's, so that they
 * outlive the agent: a driver keeps nothing in memory that it cannot find again by the start's key.
 */
export interface Driver {
  readonly name: DriverName;
  fingerprint(): Promise<DriverFingerprint>;
  /** Whether members see the files of the node as far as their user may. */
  seesNode(): Promise<boolean>;
  /** What takes time before a start, as fetching an image; null: ready. `say` tells people what it does. */
  prepare(
    start: MemberStart,
    signal: AbortSignal,
    say: (text: string) => void,
  ): Promise<StartFailure | null>;
  /** After `prepare`. */
  command(start: MemberStart): Launch | StartFailure;
  /**
   * Whether the start of its process is the start of the member. Where it is not, `begun` resolves once the member has
   * begun or could not: true or false. To be aborted when the process has ended.
   */
  readonly beginsAtOnce: boolean;
  begun(start: MemberStart, signal: AbortSignal): Promise<boolean>;
  /** Asks the member to end, by this signal or else by the driver's own. */
  terminate(
    start: MemberStart,
    process: ProcessIdentity | null,
    name: NodeJS.Signals | null,
  ): Promise<void>;
  /** Resolves when the member's first process has had the signal, or is not there to have it. */
  signal(start: MemberStart, process: ProcessIdentity | null, name: NodeJS.Signals): Promise<void>;
  /** Leaves no survivor, processes that called setsid included. */
  kill(start: MemberStart, process: ProcessIdentity | null): Promise<void>;
  /** After its process has ended: removes what is left of it, and says how the member itself ended. */
  cleanup(
    start: MemberStart,
    process: ProcessIdentity | null,
    exit: ProcessExit,
  ): Promise<MemberEnd>;
  /**
   * After a restart of the agent: what belongs to none of the keys that are held is nobody's any more, and removed, as soon
   * as that can be done.
   */
  adopt(held: () => ReadonlySet<ProcessKey>): Promise<void>;
  /** Runs a command as the member would: its user, environment, directory, and container or control group. */
  execute(
    start: MemberStart,
    process: ProcessIdentity | null,
    command: readonly string[],
    timeoutMs: number,
  ): Promise<ExecuteResult>;
  /** As `execute`, for somebody who talks with the command while it runs. It ends with the agent at the latest. */
  enter(
    start: MemberStart,
    process: ProcessIdentity | null,
    wish: EnterWish,
  ): Promise<EnteredCommand | EnterFailure>;
}
