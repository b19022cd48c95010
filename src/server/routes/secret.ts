const SECRET_BYTES = 32;

/** A new token: a prefix that says what it is for, and 256 random bits. */
export function newSecret(kind: "join" | "api"): string {
  const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  return `stint-${kind}-${bytes.toBase64({ alphabet: "base64url", omitPadding: true })}`;
}

/** What is stored of a token. It has 256 random bits, so that a plain hash cannot be searched. */
export function hashSecret(secret: string): string {
  return new Bun.CryptoHasher("sha256").update(secret).digest("hex");
}
