import { type ByteSource, streamOf } from "./byteStream.ts";
import { Refusal } from "./refusal.ts";

interface Range {
  readonly offset: number;
  readonly length: number;
}

/**
 * The part that a Range header asks for: null for none, for a form that is not understood and for several parts, which all
 * may be answered with the whole (RFC 9110). Throws InvalidRange when it lies beyond the end.
 */
export function rangeOf(header: string | null, sizeBytes: number): Range | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.replaceAll(" ", "") ?? "");
  if (match === null) return null;
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return null;
  if (first === "") return suffix(Number(last), sizeBytes);
  const offset = Number(first);
  const end = last === "" ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  if (last !== "" && Number(last) < offset) return null;
  if (offset >= sizeBytes) throw beyondEnd(header, sizeBytes);
  return { offset, length: end - offset };
}

function suffix(wantedBytes: number, sizeBytes: number): Range {
  const length = Math.min(wantedBytes, sizeBytes);
  if (length === 0) throw beyondEnd(`bytes=-${wantedBytes}`, sizeBytes);
  return { offset: sizeBytes - length, length };
}

function beyondEnd(header: string | null, sizeBytes: number): Refusal {
  const expected = `a range within ${sizeBytes} bytes`;
  return new Refusal(
    {
      code: "InvalidRange",
      message: `Expected ${expected} and got ${header}.`,
      fix: "Ask for a range that begins before the end.",
      expected,
      given: header ?? "",
    },
    { "content-range": `bytes */${sizeBytes}` },
  );
}

/**
 * The whole or the range that was asked for; for HEAD the headers alone. Rejects with why the first bytes cannot be read:
 * a file may be gone since it was found, and headers that were sent cannot be taken back.
 */
export async function bytesResponse(source: ByteSource, request: Request): Promise<Response> {
  const { sizeBytes, modifiedAt } = source;
  const range = rangeOf(request.headers.get("range"), sizeBytes);
  const { offset, length } = range ?? { offset: 0, length: sizeBytes };
  const headers = new Headers({
    "content-type": "application/octet-stream",
    "content-length": String(length),
    "accept-ranges": "bytes",
  });
  if (modifiedAt !== null) headers.set("last-modified", new Date(modifiedAt).toUTCString());
  if (range !== null) {
    headers.set("content-range", `bytes ${offset}-${offset + length - 1}/${sizeBytes}`);
  }
  const status = range === null ? 200 : 206;
  if (request.method === "HEAD" || length === 0) return new Response(null, { status, headers });
  const chunks = await begun(source.read(offset, length));
  return new Response(streamOf(chunks), { status, headers });
}

/** The same chunks, of which the first is there. */
export async function begun(
  chunks: AsyncGenerator<Uint8Array>,
): Promise<AsyncGenerator<Uint8Array>> {
  const first = await chunks.next();
  return first.done === true ? chunks : continued(first.value, chunks);
}

async function* continued(
  first: Uint8Array,
  chunks: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    yield* chunks;
  } finally {
    await chunks.return(undefined);
  }
}

/** Bytes of a length that nobody knows yet. */
export function followResponse(
  chunks: () => AsyncGenerator<Uint8Array>,
  request: Request,
  contentType: string,
): Response {
  const headers = { "content-type": contentType, "cache-control": "no-cache" };
  if (request.method === "HEAD") return new Response(null, { headers });
  return new Response(streamOf(chunks()), { headers });
}
