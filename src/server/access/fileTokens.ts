import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { ExecutionRecord } from "../../model/execution.ts";
import { reservedMeaning } from "../../model/fleet/reservedWords.ts";
import type { ExecutionNumber, NodeNumber } from "../../model/id.ts";
import { type RequestError, requestError } from "../../model/requestError.ts";
import { isoTime } from "../../model/time.ts";
import type { Store } from "../../store/store.ts";

/** The execution that a file token was given to. */
export interface ScriptCaller {
  readonly execution: ExecutionNumber;
  readonly instanceNo: number;
  readonly definitionId: string;
  readonly nodeId: string;
}

export type FileTokenCheck =
  | { readonly ok: true; readonly caller: ScriptCaller }
  | { readonly ok: false; readonly error: RequestError };

interface FileTokenParts {
  readonly store: Pick<Store, "readExecution" | "readJobsByNumber">;
  /** As it is called now; null: it is gone. */
  readonly nodeIdOf: (node: NodeNumber) => string | null;
  readonly now: () => number;
}

const PREFIX = "stint_file_";
const SECRET_NAME = "fileTokens";
const SECRET_BYTES = 32;
/** An execution's number or a time, up to 2^48. */
const NUMBER_BYTES = 6;
const FACTS_BYTES = 2 * NUMBER_BYTES;
const MAC_BYTES = 32;

/**
 * Tokens with which scripts reach the repository of files (OPMATE 8). Each names its execution and maybe an end, signed with a
 * key that only the store has: they hold over a restart, and nothing is kept of them.
 */
export class FileTokens {
  readonly #secret: Buffer;
  readonly #parts: FileTokenParts;

  private constructor(secret: Buffer, parts: FileTokenParts) {
    this.#secret = secret;
    this.#parts = parts;
  }

  static async open(store: Store, parts: Omit<FileTokenParts, "store">): Promise<FileTokens> {
    const fresh = randomBytes(SECRET_BYTES).toString("base64");
    const secret = Buffer.from(await store.keepSecret(SECRET_NAME, fresh), "base64");
    return new FileTokens(secret, { ...parts, store });
  }

  /** By the key of the reserved word, from now on; FILE_TOKEN is always among them. */
  issue(execution: ExecutionNumber, words: readonly string[]): Record<string, string> {
    const now = this.#parts.now();
    const tokens: Record<string, string> = {};
    for (const word of ["FILE_TOKEN", ...words]) {
      const meaning = reservedMeaning(word);
      if (meaning.means !== "fileToken") continue;
      const { validMs } = meaning;
      tokens[word] = this.#sign(execution, validMs === null ? null : now + validMs);
    }
    return tokens;
  }

  #sign(execution: ExecutionNumber, expiresAt: number | null): string {
    const facts = Buffer.alloc(FACTS_BYTES);
    facts.writeUIntBE(execution, 0, NUMBER_BYTES);
    facts.writeUIntBE(expiresAt ?? 0, NUMBER_BYTES, NUMBER_BYTES);
    return PREFIX + Buffer.concat([facts, this.#macOf(facts)]).toString("base64url");
  }

  #macOf(facts: Uint8Array): Buffer {
    return createHmac("sha256", this.#secret).update(facts).digest();
  }

  /** Whose token it is, if it is good now. */
  async check(token: string): Promise<FileTokenCheck> {
    const facts = this.#factsOf(token);
    if (facts === null) return refused("one that this server has not given out");
    const { execution: number, expiresAt } = facts;
    if (expiresAt !== null && expiresAt <= this.#parts.now()) {
      return refused(`one that was good until ${isoTime(expiresAt)}`);
    }
    const execution = await this.#parts.store.readExecution(number);
    if (execution === null) return refused("one of a task instance that is not there any more");
    const end = endOf(execution, expiresAt !== null);
    if (end !== null) return refused(`one whose execution ${end}`);
    return await this.#callerOf(execution);
  }

  async #callerOf({ number, job, nodes }: ExecutionRecord): Promise<FileTokenCheck> {
    const [record] = await this.#parts.store.readJobsByNumber([job]);
    const run = record?.spec.run;
    const nodeId = this.#parts.nodeIdOf(nodes[0] ?? 0);
    if (run === undefined || run === null || nodeId === null) {
      return refused("one whose node or task instance is not there any more");
    }
    const { instanceNo, definitionId } = run;
    return { ok: true, caller: { execution: number, instanceNo, definitionId, nodeId } };
  }

  #factsOf(token: string): { execution: ExecutionNumber; expiresAt: number | null } | null {
    const bytes = Buffer.from(token.slice(PREFIX.length), "base64url");
    if (bytes.length !== FACTS_BYTES + MAC_BYTES) return null;
    const facts = bytes.subarray(0, FACTS_BYTES);
    if (!timingSafeEqual(this.#macOf(facts), bytes.subarray(FACTS_BYTES))) return null;
    const expiresAt = facts.readUIntBE(NUMBER_BYTES, NUMBER_BYTES);
    const execution = facts.readUIntBE(0, NUMBER_BYTES);
    return { execution, expiresAt: expiresAt === 0 ? null : expiresAt };
  }
}

/** Of the request's bearer; null: it brings another kind of token, or none. */
export function fileTokenOf(request: Request): string | null {
  const header = request.headers.get("authorization") ?? "";
  const token = /^Bearer (\S+)$/i.exec(header)?.[1] ?? "";
  return token.startsWith(PREFIX) ? token : null;
}

/**
 * What has ended an execution's tokens; null: they are good. A token with a time outlives the end that a script comes to by
 * itself, for what it leaves in the background, but no stop and no loss.
 */
function endOf(
  { state, stopReason, result }: ExecutionRecord,
  outlivesEnd: boolean,
): string | null {
  if (state === "lost") return "was lost";
  if (state !== "ended") return null;
  if (!outlivesEnd) return "has ended";
  const outcome = result?.outcome;
  const isKilled = outcome?.state === "killed" && outcome.reason !== null;
  if (stopReason !== null || isKilled) return "was stopped";
  // Where nobody saw the end the node leaves nothing running.
  return outcome?.state === "exited" || outcome?.state === "killed" ? null : "is over for good";
}

function refused(given: string): FileTokenCheck {
  return {
    ok: false,
    error: requestError(
      "AuthenticationFailed",
      `Expected a file token that is good, given ${given}.`,
      "Tokens end with their execution. Write @STINT.FILE_TOKEN/10M@ or /10H for one that outlives it, by 24 hours at most.",
    ),
  };
}
