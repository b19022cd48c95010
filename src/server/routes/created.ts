import type { Created } from "../../protocol/api/answer/page.ts";
import type { StoredAnswer } from "./context.ts";

/** The answer to a create. */
export function created(id: string, url: string): StoredAnswer {
  const body: Created = { id, url };
  return { status: 201, body: JSON.stringify(body) };
}
