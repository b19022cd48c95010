import { readFileSync } from "node:fs";

/** What the dynamic linker takes into every program, whoever runs it, as absolute paths (ld.so(8)). */
export function preloadedFiles(etc = "/etc"): readonly string[] {
  return linesOf(`${etc}/ld.so.preload`)
    .flatMap((line) => line.split(/[\s:]+/))
    .filter((path) => path.startsWith("/"));
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
