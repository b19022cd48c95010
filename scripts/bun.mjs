#!/usr/bin/env node
// Runs Bun with the given arguments. A machine needs only Node and npm: Bun arrives as an npm package, and
// where its binary lies depends on whether npm was allowed to run the package's install script.
import { spawn } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

// Without its install script the package holds a text placeholder of a few hundred bytes under the same name.
const MIN_BINARY_BYTES = 1_000_000;

const modules = join(dirname(fileURLToPath(import.meta.url)), "..", "node_modules");

function isBinary(path) {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) >= MIN_BINARY_BYTES;
}

function platformPackages() {
  try {
    return readdirSync(join(modules, "@oven")).filter((name) => name.startsWith("bun-"));
  } catch {
    return [];
  }
}

function findBun() {
  const candidates = [join(modules, "bun", "bin", "bun.exe")];
  for (const name of platformPackages()) {
    candidates.push(join(modules, "@oven", name, "bin", "bun"));
    candidates.push(join(modules, "@oven", name, "bin", "bun.exe"));
  }
  return candidates.find(isBinary);
}

const bun = findBun();
if (bun === undefined) {
  console.error("Expected Bun's binary in node_modules and found none. Run `npm ci` first.");
  process.exit(1);
}

const child = spawn(bun, process.argv.slice(2), { stdio: "inherit" });

for (const signal of ["SIGINT", "SIGTERM"]) {
  let isForwarded = false;
  process.on(signal, () => {
    // A terminal sends Ctrl-C to the whole foreground group, so the child already has it.
    if (isForwarded || (signal === "SIGINT" && process.stdin.isTTY)) return;
    isForwarded = true;
    child.kill(signal);
  });
}

child.on("error", (error) => {
  console.error(`Could not start ${bun}: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code, signal) => {
  process.exit(code ?? 128 + (constants.signals[signal] ?? 0));
});
