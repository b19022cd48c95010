import type { AgentEffect, ShimMemory } from "../agent/core/contract.ts";
import type { Effect } from "../engine/effect.ts";
import type { Batch } from "../engine/loopCore.ts";
import type { StoredState } from "../engine/restore.ts";
import type { Engine } from "../engine/state.ts";
import type { BatchFrame, NodeReport } from "../protocol/node/message.ts";

/** Where a mutant takes hold: between the shipped machines, never inside their code. */
export interface Hooks {
  /** After a step; its changes and the machine may be altered. */
  readonly batch?: (batch: Batch<unknown>, engine: Engine) => void;
  readonly effects?: (effects: readonly Effect[], engine: Engine) => readonly Effect[];
  readonly restored?: (stored: StoredState) => StoredState;
  /** A frame of a node before the server's session takes it. */
  readonly frame?: (frame: BatchFrame<NodeReport>) => BatchFrame<NodeReport>;
  /** The session takes every frame as the next one. */
  readonly skipsOrder?: boolean;
  readonly reports?: (reports: readonly NodeReport[], engine: Engine) => readonly NodeReport[];
  readonly agentEffects?: (effects: readonly AgentEffect[]) => readonly AgentEffect[];
  readonly memories?: (memories: Map<number, ShimMemory>) => Map<number, ShimMemory>;
  readonly skipsFlush?: boolean;
  /** Effects are let out before their commit. */
  readonly hurries?: boolean;
}
