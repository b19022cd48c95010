import { REQUEST_BODY_MAX_BYTES } from "../../model/limits.ts";
import { BODY_DEPTH_EXPECTED, isDeeper } from "../../protocol/api/depth.ts";
import { refuse } from "./refusal.ts";

function tooLarge(givenBytes: number) {
  const expected = `a body of at most ${REQUEST_BODY_MAX_BYTES} bytes`;
  return refuse(
    "RequestBodyTooLarge",
    `Expected ${expected} and got ${givenBytes} or more.`,
    "Send it in several requests.",
    { expected, given: String(givenBytes) },
  );
}

/** The body as text; refused as soon as it is known to be too large, whatever its headers say. */
export async function readText(request: Request): Promise<string> {
  const declaredBytes = Number(request.headers.get("content-length") ?? "0");
  if (declaredBytes > REQUEST_BODY_MAX_BYTES) throw tooLarge(declaredBytes);
  if (request.headers.has("content-length")) return await request.text();
  if (request.body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let sizeBytes = 0;
  for await (const chunk of request.body) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > REQUEST_BODY_MAX_BYTES) throw tooLarge(sizeBytes);
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
