import type { FailureCategory, FailureCode, FailureInfo } from "../../model/failure.ts";
import type { ResourceFile } from "../../model/taskSpec.ts";
import { NODE_FILE_PATH } from "../../protocol/node/message.ts";
import { authorization, type NodeKey } from "../identity.ts";

type RemoteSource = Exclude<ResourceFile["source"], { kind: "inline" }>;
/** Where the content goes. */
export interface ContentSink {
  /** Called before each attempt: what came before is void. */
  begin(): void;
  take(chunk: Uint8Array): Promise<void>;
}

/** Brings the source's content into the sink. Throws ResourceError when it is not to be had, or what the sink threw. */
export type Download = (
  source: RemoteSource,
  sink: ContentSink,
  signal: AbortSignal,
) => Promise<void>;

/** Why a resource file is not to be had. */
export class ResourceError extends Error {
  override readonly name = "ResourceError";
  readonly failure: FailureInfo;

  constructor(failure: FailureInfo, options?: ErrorOptions) {
    super(failure.message, options);
    this.failure = failure;
  }
}

export interface DownloadSettings {
  /** Without a byte for this long, a download is given up. Default 60 s. */
  readonly idleMs: number;
  /** Before the second attempt; the third waits four times as long. Default 250 ms. */
  readonly againMs: number;
}

const DEFAULTS: DownloadSettings = { idleMs: 60_000, againMs: 250 };
const ATTEMPTS_MAX = 3;

/** Without query and password: they hold secrets. */
export function sourceName(source: ResourceFile["source"]): string {
  if (source.kind === "inline") return "the task itself";
  if (source.kind === "server") return `the server's file ${source.path}`;
  const url = URL.parse(source.url);
  return url === null ? "an address" : `${url.origin}${url.pathname}`;
}

/** Downloads over HTTP: from anywhere, or, signed, from the server's own files. */
export function newDownload(
  serverUrl: string,
  key: NodeKey,
  given: Partial<DownloadSettings> = {},
): Download {
  const settings = { ...DEFAULTS, ...given };
  return async (source, sink, signal) => {
    for (let attempt = 1; ; attempt += 1) {
      const request = await requestOf(source, serverUrl, key);
      const failure = await attemptDownload(request, sink, signal, settings.idleMs);
      if (failure === null) return;
      if (!failure.isPassing || attempt === ATTEMPTS_MAX || signal.aborted) {
        throw resourceError(failure, source);
      }
      await Bun.sleep(settings.againMs * 4 ** (attempt - 1));
    }
  };
}

async function requestOf(
  source: RemoteSource,
  serverUrl: string,
  key: NodeKey,
): Promise<{ url: string; init: RequestInit }> {
  // The bytes as they are stored: a checksum is of these.
  const headers: Record<string, string> = { "accept-encoding": "identity" };
  if (source.kind === "server") {
    const pathname = `${NODE_FILE_PATH}/${source.path.split("/").map(encodeURIComponent).join("/")}`;
    headers["authorization"] = await authorization(key, "GET", pathname);
    const url = serverUrl.replace(/\/+$/, "") + pathname;
    return { url, init: { headers, redirect: "error" } };
  }
  const url = URL.parse(source.url);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    const reason = "expected an http or https address";
    throw resourceError(
      { category: "usererror", code: "BlobDownloadMiscError", reason, isPassing: false },
      source,
    );
  }
  return { url: source.url, init: { headers, redirect: "follow" } };
}

interface Failure {
  readonly category: FailureCategory;
  readonly code: FailureCode;
  readonly reason: string;
  /** Another attempt may do better. */
  readonly isPassing: boolean;
  readonly cause?: unknown;
}

function resourceError(failure: Failure, source: RemoteSource): ResourceError {
  const { category, code, reason, cause } = failure;
  const message = `Resource file from ${sourceName(source)}: ${reason}.`;
  return new ResourceError({ category, code, message }, { cause });
}

async function attemptDownload(
  { url, init }: { url: string; init: RequestInit },
  sink: ContentSink,
  signal: AbortSignal,
  idleMs: number,
): Promise<Failure | null> {
  const idle = new AbortController();
  let timer = setTimeout(() => idle.abort(), idleMs);
  let isTaking = false;
  try {
    const response = await fetch(url, {
      ...init,
      decompress: false,
      timeout: false,
      signal: AbortSignal.any([signal, idle.signal]),
    });
    if (!response.ok) return failureOfStatus(response.status);
    sink.begin();
    let sizeBytes = 0;
    for await (const chunk of response.body ?? []) {
      clearTimeout(timer);
      isTaking = true;
      await sink.take(chunk);
      isTaking = false;
      sizeBytes += chunk.length;
      timer = setTimeout(() => idle.abort(), idleMs);
    }
    return failureOfSize(response.headers.get("content-length"), sizeBytes);
  } catch (error) {
    if (isTaking) throw error;
    if (idle.signal.aborted) return timedOut(idleMs);
    const reason = error instanceof Error ? error.message : String(error);
    return {
      category: "servererror",
      code: "BlobDownloadMiscError",
      reason,
      isPassing: true,
      cause: error,
    };
  } finally {
    clearTimeout(timer);
  }
}

function timedOut(idleMs: number): Failure {
  const reason = `nothing came for ${idleMs} ms`;
  return { category: "servererror", code: "BlobDownloadTimedOut", reason, isPassing: false };
}

/** A connection that breaks off early may look like an end. */
function failureOfSize(announced: string | null, sizeBytes: number): Failure | null {
  if (announced === null || Number(announced) === sizeBytes) return null;
  const reason = `expected ${announced} bytes, given ${sizeBytes}`;
  return { category: "servererror", code: "BlobDownloadMiscError", reason, isPassing: true };
}

function failureOfStatus(status: number): Failure {
  const reason = `status ${status}`;
  const isPassing = status >= 500 || status === 429;
  switch (status) {
    case 404:
    case 410:
      return { category: "usererror", code: "BlobNotFound", reason, isPassing };
    case 401:
    case 403:
      return { category: "usererror", code: "BlobAccessDenied", reason, isPassing };
    case 408:
    case 504:
      return { category: "servererror", code: "BlobDownloadTimedOut", reason, isPassing };
  }
  return { category: "servererror", code: "BlobDownloadMiscError", reason, isPassing };
}
