import { REQUEST_BODY_MAX_BYTES } from "../../model/limits.ts";
import { BODY_DEPTH_EXPECTED, isDeeper } from "../../protocol/api/depth.ts";
import { refuse } from "./refusal.ts";

const SMALLER = "Send it in several requests.";

function tooLarge(givenBytes: number, maxBytes: number, fix: string) {
  const expected = `a body of at most ${maxBytes} bytes`;
  return refuse("RequestBodyTooLarge", `Expected ${expected} and got ${givenBytes} or more.`, fix, {
    expected,
    given: String(givenBytes),
  });
}

/** The chunks of a body; refused as soon as it is known to be too large, whatever its headers say. */
async function* chunksWithin(
  request: Request,
  maxBytes: number,
  fix: string,
): AsyncGenerator<Uint8Array> {
  const declaredBytes = Number(request.headers.get("content-length") ?? "0");
  if (declaredBytes > maxBytes) throw tooLarge(declaredBytes, maxBytes, fix);
  let sizeBytes = 0;
  for await (const chunk of request.body ?? []) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > maxBytes) throw tooLarge(sizeBytes, maxBytes, fix);
    yield chunk;
  }
}

/** The body's bytes, at most `maxBytes`; `fix` says what to do about a larger one. */
export async function readBytes(request: Request, maxBytes: number, fix: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of chunksWithin(request, maxBytes, fix)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The body as text; refused as soon as it is known to be too large, whatever its headers say. */
export async function readText(request: Request): Promise<string> {
  const declaredBytes = Number(request.headers.get("content-length") ?? "0");
  // The server takes no more than what was declared.
  if (declaredBytes > 0 && declaredBytes <= REQUEST_BODY_MAX_BYTES) return await request.text();
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of chunksWithin(request, REQUEST_BODY_MAX_BYTES, SMALLER)) {
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** The value of a JSON body; undefined when there is none. */
export function parseJson(text: string): unknown {
  if (text.trim() === "") return undefined;
  const value = parsed(text);
  if (!isDeeper(value)) return value;
  throw refuse(
    "InvalidRequestBody",
    `Expected ${BODY_DEPTH_EXPECTED} in the request body and got more.`,
    "Send the fields that the API documents.",
    { expected: BODY_DEPTH_EXPECTED },
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw refuse(
      "InvalidRequestBody",
      `Expected JSON as the request body: ${reason}.`,
      "Correct the JSON.",
      { expected: "JSON" },
    );
  }
}
