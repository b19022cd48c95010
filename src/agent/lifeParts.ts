import type { AgentMachine } from "./core/machine.ts";
import type { NodeKey } from "./identity.ts";
import type { Loop } from "./loop.ts";
import type { NodeTools } from "./nodeTools.ts";
import type { AgentEnd, AgentOptions } from "./options.ts";

/** What the parts of a life are made of. */
export interface LifeParts {
  readonly options: AgentOptions;
  readonly bootId: string;
  readonly key: NodeKey;
  readonly machine: AgentMachine;
  readonly loop: Loop;
  readonly tools: NodeTools;
  readonly signal: AbortSignal;
  readonly onEnd: (end: AgentEnd) => void;
}
