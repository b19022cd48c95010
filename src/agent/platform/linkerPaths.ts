import { globSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** What the dynamic linker takes into every program, whoever runs it, as absolute paths (ld.so(8)). */
export function preloadedFiles(etc = "/etc"): readonly string[] {
  return linesOf(`${etc}/ld.so.preload`)
    .flatMap((line) => line.split(/[\s:]+/))
    .filter((path) => path.startsWith("/"));
}

/** Where it looks for libraries beside its own places, as absolute paths (ldconfig(8)). */
export function libraryDirectories(etc = "/etc"): readonly string[] {
  const seen = new Set<string>();
  const read = (file: string): string[] => {
    if (seen.has(file)) return [];
    seen.add(file);
    return linesOf(file).flatMap((line) => {
      const [word = "", ...patterns] = line.split(/\s+/);
      if (word !== "include") return line.startsWith("/") ? [line.replace(/=.*/, "")] : [];
      return patterns.flatMap((pattern) => globSync(resolve(dirname(file), pattern))).flatMap(read);
    });
  };
  return read(`${etc}/ld.so.conf`);
}

function linesOf(path: string): string[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    // Most machines have none.
    return [];
  }
  return text
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter(Boolean);
}
