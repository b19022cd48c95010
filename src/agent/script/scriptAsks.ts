import type { ScriptOrder } from "../../model/fleet/run.ts";
import type { ExecutionNumber } from "../../model/id.ts";
import type { ScriptAnswerFrame, ScriptAskFrame } from "../../protocol/node/message.ts";
import { ATTEMPT_MS, type Attempt, mistakeInContent } from "./attempt.ts";

/** What became of a question. */
type Heard = ScriptAnswerFrame | { readonly type: "unanswered"; readonly reason: string };

/**
 * Questions for scripts over the link. They live no longer than the connection that they were asked on, nor than an
 * attempt: whoever still wants the script asks anew.
 */
export class ScriptAsks {
  readonly #pending = new Map<number, (heard: Heard) => void>();
  #lastId = 0;
  /** Null: there is no link, or its server does not answer there. */
  #send: ((frame: ScriptAskFrame) => void) | null = null;

  /** The server has welcomed the node, and answers these questions. */
  connected(send: (frame: ScriptAskFrame) => void): void {
    this.#send = send;
  }

  disconnected(): void {
    this.#send = null;
    const pending = [...this.#pending.values()];
    const reason = "the connection to the server ended before it answered";
    for (const end of pending) end({ type: "unanswered", reason });
  }

  /** An answer to a question that was given up is of no use: its time is older than the one asked since. */
  received(frame: ScriptAnswerFrame): void {
    this.#pending.get(frame.id)?.(frame);
  }

  /** One attempt; null: it is not to be had over the link. */
  async ask(
    execution: ExecutionNumber,
    script: ScriptOrder["script"],
    signal: AbortSignal,
  ): Promise<Attempt | null> {
    if (this.#send === null) return null;
    const heard = await this.#answerOf(execution, signal, this.#send);
    return heard.type === "script" ? attemptOf(heard, script) : unanswered(heard.reason);
  }

  #answerOf(
    execution: ExecutionNumber,
    signal: AbortSignal,
    send: (frame: ScriptAskFrame) => void,
  ): Promise<Heard> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      const end = (heard: Heard): void => {
        this.#pending.delete(id);
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        resolve(heard);
      };
      const giveUp = (reason: string): void => end({ type: "unanswered", reason });
      const onAbort = (): void => giveUp("it is not wanted any more");
      const timer = setTimeout(() => {
        giveUp(`the server did not answer in ${ATTEMPT_MS / 1_000} s`);
      }, ATTEMPT_MS);
      if (signal.aborted) {
        onAbort();
        return;
      }
      this.#pending.set(id, end);
      signal.addEventListener("abort", onAbort);
      send({ type: "script", id, execution });
    });
  }
}

function unanswered(reason: string): Attempt {
  return { serverTime: null, ok: false, reason, isPassing: true };
}

function attemptOf(
  { serverTime, answer }: ScriptAnswerFrame,
  script: ScriptOrder["script"],
): Attempt | null {
  switch (answer.kind) {
    case "given": {
      const content = Buffer.from(answer.base64, "base64");
      const failure = mistakeInContent(content, script);
      if (failure !== null) return { serverTime, ...failure };
      return { serverTime, ok: true, content, fileTokens: answer.fileTokens };
    }
    case "large":
      return null;
    case "refused": {
      const { code, isPassing } = answer;
      return { serverTime, ok: false, reason: `the server answered ${code}`, isPassing };
    }
  }
}
