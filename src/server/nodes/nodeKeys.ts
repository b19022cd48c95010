/** Proof of a node's identity: an Ed25519 key made on the node (DESIGN 7). */

const encoder = new TextEncoder();

/** A nonce for a challenge, base64. */
export function newNonce(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64");
}

/** Whether the text was signed by the key; false for a malformed key or signature too. */
export async function isSignedBy(
  publicKey: string,
  signature: string,
  text: string,
): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey(
      "raw",
      Buffer.from(publicKey, "base64"),
      "Ed25519",
      false,
      ["verify"],
    );
    return await crypto.subtle.verify(
      "Ed25519",
      key,
      Buffer.from(signature, "base64"),
      encoder.encode(text),
    );
  } catch {
    return false;
  }
}

/** Signed requests may be this old or early: clocks of nodes differ. */
const CLOCK_TOLERANCE_MS = 15 * 60_000;

/** The parts of an `Authorization: Node GUID:TIMESTAMP:SIGNATURE` header; null when it is not of this form. */
export function parseNodeAuthorization(
  header: string | null,
): { guid: string; timestamp: number; signature: string } | null {
  const match = /^Node ([^:\s]+):(\d+):([A-Za-z0-9+/=_-]+)$/.exec(header ?? "");
  const [, guid, timestamp, signature] = match ?? [];
  if (guid === undefined || timestamp === undefined || signature === undefined) return null;
  return { guid, timestamp: Number(timestamp), signature };
}

/** Whether a signed request is recent enough. */
export function isRecent(timestamp: number, now: number): boolean {
  return Math.abs(now - timestamp) <= CLOCK_TOLERANCE_MS;
}
