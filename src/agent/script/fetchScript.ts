import type { FailureInfo } from "../../model/failure.ts";
import type { ScriptOrder } from "../../model/fleet/run.ts";
import type { ExecutionNumber } from "../../model/id.ts";
import {
  FILE_TOKENS_HEADER,
  NODE_SCRIPT_PATH,
  SERVER_TIME_HEADER,
} from "../../protocol/node/message.ts";
import { cameTooLate } from "../core/result.ts";
import { authorization, type NodeKey } from "../identity.ts";
import { newBackoff } from "../link/backoff.ts";

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

/** By the key of the reserved word, as `FILE_TOKEN/10M`; empty: this server gives none. */
export type FileTokenTexts = Readonly<Record<string, string>>;

/** Brings a script from the server, trying as long as it may still be started. */
export type FetchScript = (wanted: WantedScript, signal: AbortSignal) => Promise<FetchedScript>;

/** One request that takes longer is given up for the next. */
const ATTEMPT_MS = 30_000;
/** A clock that is off by more is told of where it may be the reason of a refusal. */
const SKEW_TOLD_MS = 60_000;

export function newFetchScript(serverUrl: string, key: NodeKey): FetchScript {
  return async ({ execution, startBefore, work }, signal) => {
    const { script, startWithinMs } = work;
    const backoff = newBackoff();
    // As long as the server does not tell its time: the bound was no further away when the order was made.
    let deadline = performance.now() + startWithinMs;
    for (;;) {
      const askedAt = performance.now();
      const attempt = await attemptFetch({ serverUrl, key, execution, script, signal });
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

interface FetchFailure {
  readonly ok: false;
  readonly reason: string;
  /** Another attempt may do better. */
  readonly isPassing: boolean;
  readonly details?: FailureInfo["details"];
}

type Attempt = { readonly serverTime: number | null } & (
  | { readonly ok: true; readonly content: Buffer; readonly fileTokens: FileTokenTexts }
  | FetchFailure
);

async function attemptFetch(given: {
  readonly serverUrl: string;
  readonly key: NodeKey;
  readonly execution: ExecutionNumber;
  readonly script: ScriptOrder["script"];
  readonly signal: AbortSignal;
}): Promise<Attempt> {
  const { serverUrl, key, execution, script, signal } = given;
  const pathname = `${NODE_SCRIPT_PATH}/${execution}`;
  let serverTime: number | null = null;
  try {
    const response = await fetch(serverUrl.replace(/\/+$/, "") + pathname, {
      // The bytes as they are stored: the hash is of these.
      headers: {
        authorization: await authorization(key, "GET", pathname),
        "accept-encoding": "identity",
      },
      redirect: "error",
      signal: AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS)]),
    });
    serverTime = timeOf(response);
    if (!response.ok) return { serverTime, ...(await refusalOf(response, serverTime)) };
    const content = Buffer.from(await response.bytes());
    if (serverTime === null) {
      const reason = `expected the server's time in the header ${SERVER_TIME_HEADER}, given none`;
      return { serverTime, ok: false, reason, isPassing: false };
    }
    const failure = mistakeInContent(content, script);
    if (failure !== null) return { serverTime, ...failure };
    return { serverTime, ok: true, content, fileTokens: fileTokensOf(response) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { serverTime, ok: false, reason, isPassing: true };
  }
}

function timeOf({ headers }: Response): number | null {
  const text = headers.get(SERVER_TIME_HEADER) ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** An older server sends none. */
function fileTokensOf({ headers }: Response): FileTokenTexts {
  return JSON.parse(headers.get(FILE_TOKENS_HEADER) ?? "{}") as FileTokenTexts;
}

async function refusalOf(response: Response, serverTime: number | null): Promise<FetchFailure> {
  const { status } = response;
  const text = (await response.text()).slice(0, 500);
  const isPassing = status >= 500 || status === 408 || status === 429;
  const skewMs = serverTime === null ? 0 : Date.now() - serverTime;
  const isSkewed = status === 401 && Math.abs(skewMs) > SKEW_TOLD_MS;
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  const clock = isSkewed
    ? `; this node's clock is ${seconds} s ${skewMs > 0 ? "ahead of" : "behind"} the server's: set it`
    : "";
  return { ok: false, reason: `status ${status} ${text}${clock}`, isPassing };
}

/** A connection that breaks off early may look like an end; any other difference stays. */
function mistakeInContent(content: Buffer, script: ScriptOrder["script"]): FetchFailure | null {
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

function notFetched(name: string, { reason, isPassing, details }: FetchFailure): FailureInfo {
  const tried = isPassing ? ", and was tried until it was too late to start it" : "";
  return {
    category: "servererror",
    code: "ScriptNotFetched",
    message: `Script ${name} could not be fetched from the server${tried}: ${reason}. Nothing was started.`,
    ...(details === undefined ? {} : { details }),
  };
}
