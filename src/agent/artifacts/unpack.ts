import { lstatSync, mkdirSync, readdirSync, readlinkSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { type StartFailure, unrecoverable } from "../drivers/driver.ts";
import { findProgram } from "../program.ts";
import type { ArchiveKind } from "./source.ts";

/** Compression is found out by tar itself. */
const TAR = ["--extract", "--no-same-owner", "--no-same-permissions"];

/**
 * Unpacks an archive into a new directory that only the agent gets at. An archive with a path or a link that leaves it is
 * refused: nobody makes one of these by accident.
 */
export async function unpack(
  archive: string,
  kind: ArchiveKind,
  directory: string,
  signal: AbortSignal,
): Promise<StartFailure | null> {
  mkdirSync(directory, { mode: 0o700 });
  const isZip = kind === "zip";
  const tool = isZip ? "unzip" : "tar";
  const found = findProgram(tool, "/usr/local/bin:/usr/bin:/bin", "/");
  if ("code" in found) {
    return unrecoverable(`An artifact is an archive, and this node has no ${tool} to unpack it.`);
  }
  const list = isZip
    ? ["-Z1", archive]
    : ["--list", "--quoting-style=escape", "--absolute-names", "--file", archive];
  const listed = await run([found.path, ...list], signal);
  if (listed.exitCode !== 0) return broken(listed.said);
  const leaving = listed.text.split("\n").find(isLeaving);
  if (leaving !== undefined) return leavingPath(leaving);
  const extract = isZip
    ? ["-qq", "-o", archive, "-d", directory]
    : [...TAR, "--file", archive, "--directory", directory];
  const extracted = await run([found.path, ...extract], signal);
  if (extracted.exitCode !== 0) return broken(extracted.said);
  const link = leavingLink(directory, directory);
  return link === null ? null : leavingPath(relative(directory, link));
}

function isLeaving(name: string): boolean {
  return name.startsWith("/") || name.split("/").includes("..");
}

/** The first link below `directory` that leads out of `root`; null: none does. */
export function leavingLink(directory: string, root: string): string | null {
  for (const entry of readdirSync(directory)) {
    const path = join(directory, entry);
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) {
      const target = readlinkSync(path);
      const below = relative(root, normalize(join(dirname(path), target)));
      if (target.startsWith("/") || below.startsWith("..")) return path;
    } else if (stat.isDirectory()) {
      const found = leavingLink(path, root);
      if (found !== null) return found;
    } else if (!stat.isFile()) return path;
  }
  return null;
}

function leavingPath(name: string): StartFailure {
  return unrecoverable(
    `An artifact is an archive with ${JSON.stringify(name)} in it, which leaves its directory or is no file.`,
  );
}

function broken(said: string): StartFailure {
  return unrecoverable(`An artifact could not be unpacked: ${said.trim().slice(0, 300)}.`);
}

async function run(
  command: string[],
  signal: AbortSignal,
): Promise<{ exitCode: number; text: string; said: string }> {
  const child = Bun.spawn(command, {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", LANG: "C" },
    signal,
  });
  const [text, said] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { exitCode: await child.exited, text, said };
}
