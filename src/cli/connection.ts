import { homedir } from "node:os";
import { join } from "node:path";
import { CliError } from "./failure.ts";
import { type Login, readLogin } from "./logins.ts";

/** Where the server is and how this machine may talk to it. */
export interface ServerAddress {
  readonly url: string;
  /** Undefined: none was found; only the server's health can be asked. */
  readonly token: string | undefined;
  /** Where the address comes from, for messages. */
  readonly source: string;
  /** The login that the token is of; null: it is none. */
  readonly login: Login | null;
}

/**
 * What `stint dev` and `stint server` write into their data directory as SERVER_FILE, mode 0600: `{"url": "...", "token": "..."}`.
 */
export interface ServerFile {
  readonly url: string;
  readonly token?: string | undefined;
}

export const SERVER_FILE = "server.json";

export interface Place {
  readonly server: string | undefined;
  readonly tokenFile: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly currentFolder: string;
}

/**
 * The server by, in this order, --server, STINT_SERVER, and the server file in ./.stint, in the folder STINT_DATA and in ~/.stint.
 * The token by --tokenfile, STINT_TOKEN, the login to this server, and a server file that names it; a server found through its file
 * is given STINT_TOKEN last. Throws CliError when there is no server.
 */
export async function findServer(place: Place): Promise<ServerAddress> {
  const { env } = place;
  const given = givenUrl(place);
  const fileToken = await givenToken(place);
  const envToken = env["STINT_TOKEN"]?.trim() || undefined;
  if (given !== null) {
    const token = fileToken ?? envToken;
    if (token !== undefined) return { ...given, token, login: null };
    const login = await readLogin(env, given.url);
    return { ...given, token: login?.token ?? (await tokenFor(given.url, place)), login };
  }
  for (const path of serverFiles(place)) {
    const file = await readServerFile(path);
    if (file === null) continue;
    const { url } = file;
    if (fileToken !== undefined) return { url, token: fileToken, source: path, login: null };
    const login = await readLogin(env, url);
    const fallback = isLoopback(url) ? envToken : undefined;
    return { url, token: login?.token ?? file.token ?? fallback, source: path, login };
  }
  const looked = serverFiles(place).join(", ");
  const without = env["STINT_SERVER"] === undefined ? "--server, STINT_SERVER" : "--server";
  throw new CliError(
    `Expected the address of a server and found none; looked at ${without} and for ${looked}.`,
    { fix: "Start a server here with `stint dev`, or name one with --server URL or STINT_SERVER." },
  );
}

function givenUrl({ server, env }: Place): { url: string; source: string } | null {
  const fromEnv = env["STINT_SERVER"];
  const [url, source] = server === undefined ? [fromEnv, "STINT_SERVER"] : [server, "--server"];
  if (url === undefined || url === "") return null;
  if (URL.canParse(url) && /^https?:\/\//i.test(url)) return { url, source };
  throw new CliError(`Expected a URL as ${source} and got ${url}.`, {
    fix: "Give it in full, as http://127.0.0.1:7878.",
  });
}

async function givenToken({ tokenFile }: Place): Promise<string | undefined> {
  if (tokenFile === undefined) return undefined;
  const text = await readText(tokenFile);
  if (text !== null && text.trim() !== "") return text.trim();
  throw new CliError(
    `Expected a token in the file ${tokenFile} and ${text === null ? "could not read it" : "found none"}.`,
    { fix: "Give --tokenfile the path of a file that holds nothing but the token." },
  );
}

/** A token is only ever sent to the server that it was written for. */
async function tokenFor(url: string, place: Place): Promise<string | undefined> {
  for (const path of serverFiles(place)) {
    const file = await readServerFile(path);
    if (file !== null && isSameServer(file.url, url)) return file.token;
  }
  return undefined;
}

/** STINT_TOKEN is not for whatever server a file in the current folder happens to name. */
function isLoopback(url: string): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}

function isSameServer(a: string, b: string): boolean {
  return URL.canParse(a) && URL.canParse(b) && new URL(a).origin === new URL(b).origin;
}

function serverFiles({ env, currentFolder }: Place): string[] {
  const data = env["STINT_DATA"];
  const folders = [
    join(currentFolder, ".stint"),
    ...(data === undefined || data === "" ? [] : [data]),
    join(env["HOME"] ?? homedir(), ".stint"),
  ];
  return [...new Set(folders)].map((folder) => join(folder, SERVER_FILE));
}

async function readServerFile(path: string): Promise<ServerFile | null> {
  const text = await readText(path);
  if (text === null) return null;
  const file = parseServerFile(text);
  if (file !== null) return file;
  throw new CliError(
    `Expected {"url": "http://...", "token": "..."} in ${path} and got something else.`,
    { fix: "Start `stint dev` again, which writes it anew, or remove the file." },
  );
}

function parseServerFile(text: string): ServerFile | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return null;
    const { url, token } = value as Record<string, unknown>;
    if (typeof url !== "string" || !URL.canParse(url)) return null;
    return typeof token === "string" ? { url, token } : { url };
  } catch {
    return null;
  }
}

/** Null when it is not there or may not be read. */
async function readText(path: string): Promise<string | null> {
  try {
    return await Bun.file(path).text();
  } catch {
    return null;
  }
}
