import { type Download, ResourceError } from "../prepare/download.ts";

/** Folder of the server's file store that keys of templates are files of. */
export const KEY_FOLDER = "kv";

/** The value of a key; null: there is none. Throws ResourceError when the server cannot be asked. */
export type KeyStore = (path: string, signal: AbortSignal) => Promise<string | null>;

/** Keys as files of the server's file store: `key "a/b"` is `kv/a/b`. */
export function newKeyStore(download: Download): KeyStore {
  return async (path, signal) => {
    const chunks: Uint8Array[] = [];
    const sink = {
      begin() {
        chunks.length = 0;
      },
      async take(chunk: Uint8Array) {
        chunks.push(chunk.slice());
      },
    };
    try {
      await download({ kind: "server", path: `${KEY_FOLDER}/${path}` }, sink, signal);
    } catch (error) {
      if (error instanceof ResourceError && error.failure.code === "BlobNotFound") return null;
      throw error;
    }
    return Buffer.concat(chunks).toString();
  };
}
