import { CliError } from "../failure.ts";
import type { Session } from "../session.ts";

/** The chunks of a body. Throws CliError when the connection breaks in the middle, so that a part is never taken for the whole. */
export async function* chunksOf(response: Response): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  let sizeBytes = 0;
  try {
    while (true) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw brokeOff(sizeBytes, cause);
      });
      if (done) return;
      sizeBytes += value.byteLength;
      yield value;
    }
  } finally {
    // Whoever stops early wants no more of it; that it could not be told to the server is nothing to them.
    reader.cancel().catch(() => {});
  }
}

function brokeOff(sizeBytes: number, cause: unknown): CliError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CliError(`The connection broke after ${sizeBytes} bytes: ${reason}`, {
    fix: "Run it again; nothing is lost on the server.",
    cause,
  });
}

/** Copies a body to stdout byte for byte. */
export async function printBytes(session: Session, response: Response): Promise<number> {
  for await (const chunk of chunksOf(response)) await session.write(chunk);
  return 0;
}
