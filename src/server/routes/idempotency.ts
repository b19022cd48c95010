import type { Reply, RequestInput } from "../../engine/input.ts";
import type { Store } from "../../store/store.ts";
import { auditNote } from "../audit/act.ts";
import type { Requests, StoredAnswer } from "./context.ts";
import { Refusal, refuse } from "./refusal.ts";

const KEY = /^[\x21-\x7e]{1,255}$/;

/** The Idempotency-Key of a request; null when it has none. */
export function idempotencyKey(request: Request): string | null {
  const key = request.headers.get("idempotency-key");
  if (key === null || KEY.test(key)) return key;
  throw refuse(
    "InvalidPropertyValue",
    "Expected 1 to 255 printable characters without blanks as Idempotency-Key.",
    "Send a new random value, a UUID for instance, with each new request.",
    { field: "Idempotency-Key" },
  );
}

/** What a repetition must have in common with the first request; `meaning` is what was made of its body. */
export function requestHash(method: string, path: string, meaning: string): string {
  const hasher = new Bun.CryptoHasher("sha256");
  hasher.update(`${method}\n${path}\n`);
  hasher.update(meaning);
  return hasher.digest("hex");
}

interface UnderWay {
  readonly hash: string;
  readonly answer: Promise<StoredAnswer>;
}

export interface Create {
  readonly key: string | null;
  readonly hash: string;
  readonly input: RequestInput;
  /** Pure, never throws; from an ok reply alone, so that the answer can be stored with the changes. */
  readonly answer: (reply: Extract<Reply, { ok: true }>) => StoredAnswer | Refusal;
}

/** Submits creates; under one key only the first is, and its answer is given to all. */
export class Creates {
  readonly #store: Store;
  readonly #requests: Requests;
  readonly #underWay = new Map<string, UnderWay>();

  constructor(store: Store, requests: Requests) {
    this.#store = store;
    this.#requests = requests;
  }

  async submit(create: Create): Promise<StoredAnswer> {
    const { key, hash } = create;
    if (key === null) return await this.#send(create);
    const earlier = this.#underWay.get(key);
    if (earlier !== undefined) {
      if (earlier.hash !== hash) throw keyReused(key);
      return await earlier.answer;
    }
    const answer = this.#sendOnce(key, create).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, { hash, answer });
    return await answer;
  }

  async #sendOnce(key: string, create: Create): Promise<StoredAnswer> {
    const record = await this.#store.readIdempotency(key);
    if (record === null) return await this.#send(create);
    if (record.requestHash !== create.hash) throw keyReused(key);
    return { status: record.status, body: record.body };
  }

  async #send({ key, hash, input, answer }: Create): Promise<StoredAnswer> {
    const kept = (reply: Extract<Reply, { ok: true }>) => {
      const given = answer(reply);
      return given instanceof Refusal ? null : given;
    };
    const idempotency = key === null ? null : { key, requestHash: hash, answer: kept };
    const audit = auditNote();
    const options = idempotency === null ? { audit } : { idempotency, audit };
    const answered = await this.#requests.submit(input, options);
    if (!answered.ok) throw new Refusal(answered.error);
    const first = answer(answered);
    if (first instanceof Refusal) throw first;
    return first;
  }
}

function keyReused(key: string): Refusal {
  return refuse(
    "IdempotencyKeyReused",
    `Expected the request that was first sent under the Idempotency-Key ${key}, and got another.`,
    "Send a new key with a new request.",
    { field: "Idempotency-Key", given: key },
  );
}
