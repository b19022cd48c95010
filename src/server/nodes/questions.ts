import type { AskFrame, NodeAnswer, NodeQuestion } from "../../protocol/node/message.ts";
import { NodeUnreachable } from "../routes/context.ts";

/** A node that does not answer in this time, beyond what it was told to wait, counts as unreachable. */
const ANSWER_TIMEOUT_MS = 15_000;

interface Pending {
  readonly resolve: (answer: NodeAnswer) => void;
  readonly reject: (error: Error) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** Questions under way on one connection, matched to their answers by id. */
export class Questions {
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  ask(question: NodeQuestion, send: (frame: AskFrame) => boolean): Promise<NodeAnswer> {
    this.#lastId += 1;
    const id = this.#lastId;
    const waitMs = question.kind === "read" ? question.waitMs : 0;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new NodeUnreachable("The node did not answer in time."));
      }, ANSWER_TIMEOUT_MS + waitMs);
      this.#pending.set(id, { resolve, reject, timer });
      if (send({ type: "ask", id, question })) return;
      this.answerWith(id, (pending) =>
        pending.reject(new NodeUnreachable("The connection broke.")),
      );
    });
  }

  answered(id: number, answer: NodeAnswer): void {
    this.answerWith(id, (pending) => pending.resolve(answer));
  }

  private answerWith(id: number, end: (pending: Pending) => void): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    end(pending);
  }

  /** The connection is gone. */
  failAll(): void {
    for (const id of [...this.#pending.keys()]) {
      this.answerWith(id, (pending) =>
        pending.reject(new NodeUnreachable("The connection to the node broke.")),
      );
    }
  }
}
