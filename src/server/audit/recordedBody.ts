import { canonicalText, type Json } from "../../model/audit.ts";

/** Members of this name are secrets, whatever they are members of. */
const SECRET = /passw|passphrase|secret|token|credential|private_?key|api_?key/i;
const LEFT_OUT = "(left out)";
/** Bytes of what is recorded as it was asked for; of a longer body its digest is. */
const RECORDED_MAX_BYTES = 4096;
/** As deep as bodies of fleet operations are; deeper ones are no words of people. */
const DEPTH_MAX = 5;

export function isSecretName(name: string): boolean {
  return SECRET.test(name);
}

/** What the audit log keeps of a body: its members without secrets, or its digest. */
export function recordedBody(
  { text, value }: { readonly text: string; readonly value: unknown },
  parameters: Readonly<Record<string, string>>,
  isDigest: boolean,
): { readonly [key: string]: Json } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  if (isDigest) return digestOf(text, value);
  const isSecretObject = Object.values(parameters).some(isSecretName);
  const members = Object.entries(value).map(([key, member]): [string, Json] => [
    key,
    // The value of something whose name says what it is, as of an attribute DB_PASSWORD.
    isSecretName(key) || (isSecretObject && key === "value") ? LEFT_OUT : kept(member, 1),
  ]);
  const body = Object.fromEntries(members);
  return Buffer.byteLength(canonicalText(body)) > RECORDED_MAX_BYTES ? digestOf(text, value) : body;
}

function kept(value: unknown, depth: number): Json {
  if (typeof value !== "object" || value === null) return value as Json;
  if (depth > DEPTH_MAX) return LEFT_OUT;
  if (Array.isArray(value)) return value.map((item) => kept(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, member]): [string, Json] => [
      key,
      isSecretName(key) ? LEFT_OUT : kept(member, depth + 1),
    ]),
  );
}

/** Enough to tell later whether a body that somebody has is the one; `id` names what was made. */
function digestOf(text: string, value: object): { readonly [key: string]: Json } {
  const id: unknown = Reflect.get(value, "id");
  return {
    ...(typeof id === "string" && id.length <= 256 ? { id } : {}),
    bodyBytes: Buffer.byteLength(text),
    bodySha256: new Bun.CryptoHasher("sha256").update(text).digest("hex"),
  };
}
