import { ftruncateSync, write } from "node:fs";
import type { ResourceFile } from "../../model/taskSpec.ts";
import { type Download, ResourceError, sourceName } from "./download.ts";

/** Writes the file's content and compares its checksum. Throws ResourceError, or what the disk said. */
export async function writeContent(
  target: number,
  file: ResourceFile,
  download: Download,
  signal: AbortSignal,
): Promise<void> {
  const { source } = file;
  let hasher = new Bun.CryptoHasher("sha256");
  let sizeBytes = 0;
  const sink = {
    begin() {
      hasher = new Bun.CryptoHasher("sha256");
      sizeBytes = 0;
      ftruncateSync(target);
    },
    async take(chunk: Uint8Array) {
      if (file.sha256 !== undefined) hasher.update(chunk);
      await writeAt(target, chunk, sizeBytes);
      sizeBytes += chunk.length;
    },
  };
  if (source.kind === "inline") await sink.take(Buffer.from(source.content, source.encoding));
  else await download(source, sink, signal);
  const sum = file.sha256 === undefined ? undefined : hasher.digest("hex");
  if (sum === undefined || sum === file.sha256?.toLowerCase()) return;
  throw new ResourceError({
    category: "usererror",
    code: "BlobDownloadMiscError",
    message:
      `Resource file ${file.filePath} from ${sourceName(source)}: ` +
      `expected SHA-256 ${file.sha256}, given content of ${sum}.`,
    details: [
      { name: "expectedSha256", value: file.sha256 ?? "" },
      { name: "actualSha256", value: sum },
    ],
  });
}

/** Off the event loop: a disk that is busy with the tasks' own writing may take seconds. */
async function writeAt(target: number, chunk: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    write(target, chunk, done, chunk.length - done, at + done, (error, written) =>
      error === null ? resolve(written) : reject(error),
    );
    done += await promise;
  }
}
