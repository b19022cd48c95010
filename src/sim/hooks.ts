import type { AgentEffect, ShimMemory } from "../agent/core/contract.ts";
import type { Effect } from "../engine/effect.ts";
import type { StoredState } from "../engine/restore.ts";
import type { Engine } from "../engine/state.ts";
import type { Batch } from "../machine/loopCore.ts";
import type { StoredFleet } from "../model/fleet/changes.ts";
import type { NodeReport } from "../protocol/node/message.ts";

/** Where a mutant takes hold: between the shipped machines, never inside their code. */
export interface Hooks {
  /** After a step; its changes and the machine may be altered. */
  readonly batch?: (batch: Batch<unknown>, engine: Engine) => void;
  /** Effects that are about to be let out. */
  readonly effects?: (effects: readonly Effect[]) => readonly Effect[];
  /** Which effects are let out at once instead of after their commit. */
  readonly hurries?: (effect: Effect) => boolean;
  /** What a restart read from the store. */
  readonly restored?: (stored: StoredState) => StoredState;
  /** The same of fleet operations. */
  readonly restoredFleet?: (stored: StoredFleet) => StoredFleet;
  /** The server's time is what its machine's clock says, back or forth. */
  readonly takesWallTime?: boolean;
  /** A restart begins with wall time, whatever was stored. */
  readonly forgetsTime?: boolean;
  /** Every frame of a node is taken for the next one, whatever its number. */
  readonly skipsOrder?: boolean;
  readonly reports?: (reports: readonly NodeReport[]) => readonly NodeReport[];
  /** Effects of an agent that are about to be performed. */
  readonly agentEffects?: (effects: readonly AgentEffect[]) => readonly AgentEffect[];
  /** What the shims say that they remember. */
  readonly memories?: (memories: Map<number, ShimMemory>) => Map<number, ShimMemory>;
  /** Agents act before their journal is on the disk. */
  readonly skipsFlush?: boolean;
  /** A shim tells a new agent what is on its disk, and not what it is about to start. */
  readonly hidesStarts?: boolean;
  /** A shim does what any agent asks for, also one that has gone. */
  readonly listensToAll?: boolean;
  /** An agent lets a shim live that does not answer, and takes its journal for all that it will have done. */
  readonly sparesSilentShims?: boolean;
  /** A shim starts what it was asked to start, though it has done so before. */
  readonly startsAgain?: boolean;
}
