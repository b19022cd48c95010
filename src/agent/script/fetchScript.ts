import type { FailureInfo } from "../../model/failure.ts";
import type { ScriptOrder } from "../../model/fleet/run.ts";
import type { ExecutionNumber } from "../../model/id.ts";
import { cameTooLate } from "../core/result.ts";
import type { NodeKey } from "../identity.ts";
import { newBackoff } from "../link/backoff.ts";
import type { FetchFailure, FileTokenTexts } from "./attempt.ts";
import { requestScript } from "./requestScript.ts";
import type { ScriptAsks } from "./scriptAsks.ts";

export interface WantedScript {
  readonly execution: ExecutionNumber;
  /** Of the server's time; null: no bound. */
  readonly startBefore: number | null;
  readonly work: Pick<ScriptOrder, "script" | "startWithinMs">;
}

export type FetchedScript =
  | {
      readonly ok: true;
      readonly content: Buffer;
      /** The bound on this node's clock; null: none. */
      readonly startBefore: number | null;
      readonly fileTokens: FileTokenTexts;
    }
  | { readonly ok: false; readonly failure: FailureInfo };

/** Brings a script from the server, trying as long as it may still be started. */
export type FetchScript = (wanted: WantedScript, signal: AbortSignal) => Promise<FetchedScript>;

/** Asks over the link where that is up and the server answers there, else over HTTP, anew for each attempt. */
export function newFetchScript(serverUrl: string, key: NodeKey, asks: ScriptAsks): FetchScript {
  return async ({ execution, startBefore, work }, signal) => {
    const { script, startWithinMs } = work;
    const backoff = newBackoff();
    // As long as the server does not tell its time: the bound was no further away when the order was made.
    let deadline = performance.now() + startWithinMs;
    for (;;) {
      const askedAt = performance.now();
      const attempt =
        (await asks.ask(execution, script, signal)) ??
        (await requestScript({ serverUrl, key, execution, script, signal }));
      const { serverTime } = attempt;
      if (startBefore !== null && serverTime !== null) {
        const failure = serverTime > startBefore ? cameTooLate(startBefore, serverTime) : null;
        if (failure !== null) return { ok: false, failure };
        // The time was read after the request was sent, so that this is too early rather than too late.
        deadline = Math.min(deadline, askedAt + startBefore - serverTime);
      }
      const leftMs = deadline - performance.now();
      if (attempt.ok) {
        const until = startBefore === null ? null : Math.floor(Date.now() + leftMs);
        const { content, fileTokens } = attempt;
        return { ok: true, content, startBefore: until, fileTokens };
      }
      const delayMs = backoff.nextMs();
      const isLast = !attempt.isPassing || signal.aborted || delayMs >= leftMs;
      if (isLast) return { ok: false, failure: notFetched(script.name, attempt) };
      await Bun.sleep(delayMs);
    }
  };
}

function notFetched(name: string, { reason, isPassing, details }: FetchFailure): FailureInfo {
  const tried = isPassing ? ", and was tried until it was too late to start it" : "";
  return {
    category: "servererror",
    code: "ScriptNotFetched",
    message: `Script ${name} could not be fetched from the server${tried}: ${reason}. Nothing was started.`,
    ...(details === undefined ? {} : { details }),
  };
}
