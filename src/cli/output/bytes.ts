import { reasonOf } from "../../client/apiError.ts";
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

/** What is said beside something that is followed while its server is away. */
export function connectionNotes(session: Session) {
  return {
    onLost: () => void session.note("The connection to the server was lost; waiting for it."),
    onBack: () => void session.note("The connection to the server is back."),
  };
}

function brokeOff(sizeBytes: number, cause: unknown): CliError {
  return new CliError(`The connection broke after ${sizeBytes} bytes: ${reasonOf(cause)}`, {
    fix: "Run it again; nothing is lost on the server.",
    cause,
  });
}

/** Copies a body to stdout byte for byte. */
export async function printBytes(session: Session, response: Response): Promise<number> {
  for await (const chunk of chunksOf(response)) await session.write(chunk);
  return 0;
}
