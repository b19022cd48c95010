import type { ProcessIdentity } from "../core/contract.ts";
import type { ProcessUser, Program } from "../platform/becomeProgram.ts";
import type { PrivateRoot } from "../platform/privateRoot.ts";

/** Where a program is to run that does not have the node's root. */
export type Elsewhere =
  /** A root of its own, made for it. */
  | { readonly kind: "newRoot"; readonly root: PrivateRoot }
  /** That of a process that runs. `bootId` is the present one. */
  | { readonly kind: "beside"; readonly process: ProcessIdentity; readonly bootId: string };

/** What a starter is to become. */
export interface StarterOrder extends Program {
  readonly where: Elsewhere;
  /** Its working directory, as an absolute path that it sees. */
  readonly cwd: string;
  /** Null: as the starter. */
  readonly user: ProcessUser | null;
  /** Directories of its control groups, as the node has them. What is not there but the first is left out. */
  readonly groups: readonly string[];
  /** Whether its standard files are a terminal of the node, which it is to find where it is. */
  readonly hasTerminal: boolean;
}

/** Has the order in it. */
export const ORDER_FILE = 3;
/** Takes what the starter says. */
export const WORD_FILE = 4;

/** Last words of a starter. When nothing follows `becoming` but the end, it has become the program. */
export type StarterWord =
  | { readonly word: "becoming" }
  | ({ readonly word: "failed" } & StarterFailure);

/** Why a program did not begin. */
export interface StarterFailure {
  /** At whom it lies: at the node trying again may help. */
  readonly by: "node" | "task";
  /** As the rest of a sentence. */
  readonly reason: string;
}
