import { recoverable, type StartFailure, unrecoverable } from "../driver.ts";
import type { RegistryAuth } from "./dockerConfig.ts";
import { type ContainerEngine, EngineError } from "./engine.ts";

/** `NAME` is the image that a job names, `IMAGE` what this node takes instead. */
export type ImageMap = Readonly<Record<string, string>>;

/** The image that this node takes for the name in a job. */
export function mappedImage(name: string, map: ImageMap): string {
  return map[name] ?? map[withTag(name)] ?? name;
}

/** Without a tag or digest the engine would fetch all tags; a port of the registry is no tag. */
function withTag(image: string): string {
  const last = image.slice(image.lastIndexOf("/") + 1);
  return last.includes(":") || image.includes("@") ? image : `${image}:latest`;
}

export interface ImageWish {
  readonly image: string;
  readonly auth: RegistryAuth | null;
  readonly forcePull: boolean;
  readonly timeoutMs: number;
}

/** Pulls under way, so that members of one image wait for the same. */
const pulls = new Map<string, Promise<StartFailure | null>>();

/**
 * Sees to it that the engine has the image; null: it has. One that is there is taken, whatever its tag, unless
 * `forcePull` is set: a node without a registry has only what is there.
 */
export async function ensureImage(
  engine: ContainerEngine,
  wish: ImageWish,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<StartFailure | null> {
  const image = withTag(wish.image);
  try {
    const isThere = await engine.act("GET", `/images/${image}/json`, { signal });
    if (isThere && !wish.forcePull) return null;
  } catch (error) {
    return pullFailure(image, error, wish.timeoutMs);
  }
  say("Downloading image");
  const key = `${engine.socketPath} ${image} ${wish.auth?.username ?? ""}`;
  let pull = pulls.get(key);
  if (pull === undefined) {
    pull = pullImage(engine, { ...wish, image }).finally(() => pulls.delete(key));
    pulls.set(key, pull);
  }
  return Promise.race([pull, aborted(signal)]);
}

function aborted(signal: AbortSignal): Promise<StartFailure> {
  const { promise, resolve } = Promise.withResolvers<StartFailure>();
  const end = () => resolve(recoverable("The start was given up."));
  if (signal.aborted) end();
  else signal.addEventListener("abort", end, { once: true });
  return promise;
}

async function pullImage(engine: ContainerEngine, wish: ImageWish): Promise<StartFailure | null> {
  const { image, auth, timeoutMs } = wish;
  const at = image.includes("@") ? image.length : image.lastIndexOf(":");
  const tag = image.slice(at + 1);
  const query = `fromImage=${encodeURIComponent(image.slice(0, at))}${tag === "" ? "" : `&tag=${encodeURIComponent(tag)}`}`;
  try {
    const response = await engine.call("POST", `/images/create?${query}`, {
      signal: AbortSignal.timeout(timeoutMs),
      ...(auth === null ? {} : { headers: { "x-registry-auth": authHeader(auth) } }),
    });
    // Lines of progress; a failure is in the last of them, under status 200.
    const text = await response.text();
    const said = /"error":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
    if (said === undefined) return null;
    return pullFailure(image, new EngineError(JSON.parse(`"${said}"`), { status: 500 }), timeoutMs);
  } catch (error) {
    return pullFailure(image, error, timeoutMs);
  }
}

function authHeader({ username, password, serverAddress }: RegistryAuth): string {
  const value = JSON.stringify({ username, password, serveraddress: serverAddress });
  return Buffer.from(value).toString("base64url");
}

/** Trouble with a registry passes, a name that nobody could resolve does not (Nomad). */
function pullFailure(image: string, error: unknown, timeoutMs: number): StartFailure {
  const isTimeout = error instanceof Error && error.name === "TimeoutError";
  const reason = isTimeout
    ? `it did not come within ${timeoutMs / 1000} s`
    : error instanceof Error
      ? error.message
      : String(error);
  const text = `The image ${image} could not be fetched: ${reason.replace(/\.$/, "")}.`;
  return /invalid reference format|invalid tag/i.test(reason)
    ? unrecoverable(text)
    : recoverable(text);
}
