import { ConnectionError } from "../../client/apiError.ts";
import type { Session } from "../session.ts";

/** The chunks of a body; a connection that breaks in the middle is told from the end. Throws ConnectionError. */
export async function* chunksOf(response: Response): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  try {
    while (true) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw new ConnectionError(originOf(response.url), { cause });
      });
      if (done) return;
      yield value;
    }
  } finally {
    // Whoever stops early wants no more of it; that it could not be told to the server is nothing to them.
    reader.cancel().catch(() => {});
  }
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}

/** Copies a body to stdout byte for byte. */
export async function printBytes(session: Session, response: Response): Promise<number> {
  for await (const chunk of chunksOf(response)) await session.write(chunk);
  return 0;
}
