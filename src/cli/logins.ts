import { chmod, mkdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { CliError } from "./failure.ts";

/** A session that somebody began with `stint user login` on this machine. */
export interface Login {
  /** Of the server: nothing else is ever sent its token. */
  readonly url: string;
  readonly userId: string;
  readonly token: string;
  /** ISO 8601. */
  readonly expirationTime: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** One file for each server, so that people may be logged in to several. */
function loginFile(env: Environment, url: string): string {
  const home = env["HOME"] ?? homedir();
  return join(home, ".stint", "logins", `${encodeURIComponent(new URL(url).origin)}.json`);
}

/** Null: nobody is logged in to this server from here. Throws CliError for a file that is none of ours. */
export async function readLogin(env: Environment, url: string): Promise<Login | null> {
  const path = loginFile(env, url);
  const text = await readText(path);
  if (text === null) return null;
  const login = parseLogin(text);
  if (login !== null && new URL(login.url).origin === new URL(url).origin) return login;
  throw new CliError(`Expected the login for ${url} in ${path} and got something else.`, {
    fix: "Remove the file, and log in again: stint user login -id USER.",
  });
}

/** Mode 0600, whole or not at all: other commands may read it at any time. */
export async function writeLogin(env: Environment, login: Login): Promise<void> {
  const path = loginFile(env, login.url);
  const temporary = `${path}.${process.pid}.new`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await Bun.write(temporary, `${JSON.stringify(login)}\n`, { mode: 0o600 });
  await chmod(temporary, 0o600);
  await rename(temporary, path);
}

export async function removeLogin(env: Environment, url: string): Promise<void> {
  await rm(loginFile(env, url), { force: true });
}

export function isOver({ expirationTime }: Login, now: number): boolean {
  return Date.parse(expirationTime) <= now;
}

async function readText(path: string): Promise<string | null> {
  try {
    return await Bun.file(path).text();
  } catch {
    return null;
  }
}

function parseLogin(text: string): Login | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return null;
    const { url, userId, token, expirationTime } = value as Record<string, unknown>;
    const isOurs =
      typeof url === "string" &&
      URL.canParse(url) &&
      typeof userId === "string" &&
      typeof token === "string" &&
      typeof expirationTime === "string" &&
      Number.isFinite(Date.parse(expirationTime));
    return isOurs ? { url, userId, token, expirationTime } : null;
  } catch {
    return null;
  }
}
