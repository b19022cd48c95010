import { findProgram } from "../program.ts";
import { ConfigError, readConfig } from "./config.ts";
import type { Driver, DriverFingerprint, MemberStart, StartFailure } from "./driver.ts";
import { isolationNotes } from "./execDriver.ts";
import { newProcessDriver, type ProcessCommand, type ProcessParts } from "./processDriver.ts";

const VERSION_TIMEOUT_MS = 20_000;

/** `jar_path`, or `class` and `class_path`; `args`, `jvm_options` and `work_dir`. */
function commandOf(start: MemberStart): ProcessCommand | StartFailure {
  return readConfig("java", start.config, (fields) => {
    const jarPath = fields.text("jar_path");
    const className = fields.text("class");
    const classPath = fields.text("class_path");
    const options = fields.texts("jvm_options");
    const args = fields.texts("args");
    const workDir = fields.text("work_dir");
    if ((jarPath === null) === (className === null)) {
      throw new ConfigError("expected either jar_path or class.");
    }
    const path = classPath === null ? [] : ["-cp", classPath];
    const main = jarPath === null ? [...path, className ?? ""] : [...path, "-jar", jarPath];
    return { words: ["java", ...options, ...main, ...args], workDir };
  });
}

/** Java programs, isolated as the exec driver isolates. */
export function newJavaDriver(parts: ProcessParts, path: string): Driver {
  return newProcessDriver(
    {
      name: "java",
      fingerprint: () => fingerprint(path),
      commandOf,
      limitsOf: ({ limits }) => limits,
      hasAccounts: true,
      notes: ({ shortcomings }) => isolationNotes(shortcomings),
    },
    parts,
  );
}

async function fingerprint(path: string): Promise<DriverFingerprint> {
  const found = findProgram("java", path, "/");
  if ("code" in found) return notDetected("There is no java in PATH.");
  const child = Bun.spawn([found.path, "-version"], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
    timeout: VERSION_TIMEOUT_MS,
    env: { PATH: path },
  });
  const said = await new Response(child.stderr).text();
  const version = /version "([^"]+)"/.exec(said)?.[1];
  if ((await child.exited) !== 0 || version === undefined) {
    return notDetected(`java -version said: ${said.split("\n")[0]?.slice(0, 200) ?? ""}`);
  }
  const vm = said.trim().split("\n").at(-1) ?? "";
  return {
    facts: { detected: true, healthy: true, description: version },
    attributes: { "driver.java": "1", "driver.java.version": version, "driver.java.vm": vm },
  };
}

function notDetected(description: string): DriverFingerprint {
  return { facts: { detected: false, healthy: false, description }, attributes: {} };
}
