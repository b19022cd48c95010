/** Names as POSIX has them, and dots and dashes as some programs read them. */
const LINE = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=\s*(.*?)\s*$/;

/** Reads KEY=VALUE lines, with comments and quotes; what is not such a line is told with its number. */
export function readEnvironment(
  text: string,
): { readonly values: Record<string, string> } | { readonly mistake: string } {
  const values: Record<string, string> = {};
  for (const [index, line] of text.split("\n").entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const [, name, written = ""] = LINE.exec(line) ?? [];
    if (name === undefined) return { mistake: `line ${index + 1}: expected NAME=VALUE` };
    values[name] = unquoted(written);
  }
  return { values };
}

function unquoted(written: string): string {
  const single = /^'([^']*)'/.exec(written)?.[1];
  if (single !== undefined) return single;
  const double = /^"((?:[^"\\]|\\.)*)"/.exec(written)?.[1];
  if (double !== undefined) {
    return double.replaceAll(/\\(.)/g, (_, letter: string) => (letter === "n" ? "\n" : letter));
  }
  return written.replace(/\s+#.*$/, "");
}
