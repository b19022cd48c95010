import { readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { findProgram } from "../program.ts";
import { ConfigError, readConfig } from "./config.ts";
import type { Driver, DriverFingerprint, MemberStart, StartFailure } from "./driver.ts";
import { isolationNotes } from "./execDriver.ts";
import { newProcessDriver, type ProcessCommand, type ProcessParts } from "./processDriver.ts";

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

/** Java programs, in control groups and as users as the exec driver has them, but with the node's root. */
export function newJavaDriver(parts: ProcessParts, path: string): Driver {
  return newProcessDriver(
    {
      name: "java",
      fingerprint: () => fingerprint(path),
      commandOf,
      limitsOf: ({ limits }) => limits,
      hasAccounts: true,
      roots: null,
      notes: ({ shortcomings }, isOwnUser) => isolationNotes(shortcomings, isOwnUser, SHARED_ROOT),
    },
    parts,
  );
}

const SHARED_ROOT = "it sees the node's whole file system, as programs of the driver java do";

/** From the file that every Java says its version in: running it would take a tenth of a second of each agent's start. */
async function fingerprint(path: string): Promise<DriverFingerprint> {
  const found = findProgram("java", path, "/");
  if ("code" in found) return notDetected("There is no java in PATH.");
  const release = readRelease(found.path);
  const version = release["JAVA_VERSION"] ?? null;
  const runtime = release["JAVA_RUNTIME_VERSION"] ?? null;
  return {
    facts: { detected: true, healthy: true, description: version ?? "of unknown version" },
    attributes: {
      "driver.java": "1",
      ...(version === null ? {} : { "driver.java.version": version }),
      ...(runtime === null ? {} : { "driver.java.runtime": runtime }),
    },
  };
}

/** `NAME="VALUE"` lines of `release` above the program's folder; empty when there is no such file. */
function readRelease(program: string): Readonly<Record<string, string>> {
  try {
    const file = join(dirname(dirname(realpathSync(program))), "release");
    const lines = readFileSync(file, "utf8").matchAll(/^(\w+)="?([^"\n]*)"?$/gm);
    return Object.fromEntries([...lines].map(([, name = "", value = ""]) => [name, value]));
  } catch {
    return {};
  }
}

function notDetected(description: string): DriverFingerprint {
  return { facts: { detected: false, healthy: false, description }, attributes: {} };
}
