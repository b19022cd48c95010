import type { ScriptOrder } from "../../model/fleet/run.ts";
import type { ExecutionNumber } from "../../model/id.ts";
import {
  FILE_TOKENS_HEADER,
  NODE_SCRIPT_PATH,
  SERVER_TIME_HEADER,
} from "../../protocol/node/message.ts";
import { authorization, type NodeKey } from "../identity.ts";
import {
  ATTEMPT_MS,
  type Attempt,
  type FetchFailure,
  type FileTokenTexts,
  mistakeInContent,
} from "./attempt.ts";

/** A clock that is off by more is told of where it may be the reason of a refusal. */
const SKEW_TOLD_MS = 60_000;

/** Asks for a script over HTTP: a large one, or that of an older server, or while there is no link. */
export async function requestScript(given: {
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
