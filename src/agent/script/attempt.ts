import type { FailureInfo } from "../../model/failure.ts";
import type { ScriptOrder } from "../../model/fleet/run.ts";

/** By the key of the reserved word, as `FILE_TOKEN/10M`; empty: this server gives none. */
export type FileTokenTexts = Readonly<Record<string, string>>;

/** One attempt that takes longer is given up for the next. */
export const ATTEMPT_MS = 30_000;

export interface FetchFailure {
  readonly ok: false;
  readonly reason: string;
  /** Another attempt may do better. */
  readonly isPassing: boolean;
  readonly details?: FailureInfo["details"];
}

/** One attempt to bring a script; `serverTime` was read after it was begun, null: it was not told. */
export type Attempt = { readonly serverTime: number | null } & (
  | { readonly ok: true; readonly content: Buffer; readonly fileTokens: FileTokenTexts }
  | FetchFailure
);

/** A connection that breaks off early may look like an end; any other difference stays. */
export function mistakeInContent(
  content: Buffer,
  script: ScriptOrder["script"],
): FetchFailure | null {
  const { sizeBytes } = script;
  if (content.length < sizeBytes) {
    const reason = `expected ${sizeBytes} bytes, given ${content.length}`;
    return { ok: false, reason, isPassing: true };
  }
  const sha256 = new Bun.CryptoHasher("sha256").update(content).digest("hex");
  if (sha256 === script.sha256) return null;
  return {
    ok: false,
    reason: `expected SHA-256 ${script.sha256}, given content of ${sha256}`,
    isPassing: false,
    details: [
      { name: "expectedSha256", value: script.sha256 },
      { name: "actualSha256", value: sha256 },
    ],
  };
}
