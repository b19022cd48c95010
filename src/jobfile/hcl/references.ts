import { FUNCTIONS, REFUSED_FUNCTIONS, SPECIAL_FUNCTIONS } from "./functions/table.ts";
import type { Problem } from "./problem.ts";
import type { Span } from "./source.ts";
import type { Call } from "./syntax.ts";

/** References to these stay in the text, as only the node that runs the task knows them. */
const NODE_ROOTS: ReadonlySet<string> = new Set(["attr", "node", "meta", "env", "device"]);

export function isNodeRoot(name: string): boolean {
  return NODE_ROOTS.has(name) || name.startsWith("NOMAD_");
}

/** `written` is the whole reference as it stands in the file. */
export function unknownRoot(span: Span, root: string, written: string): Problem {
  if (NODE_ROOTS.has(root)) {
    return { span, message: `expected a name behind \`${root}\`, e.g. ${root}.x` };
  }
  const known = "var., local., attr., node., meta., env[...], device. or NOMAD_...";
  const literal = `$\${${written}}`;
  return {
    span,
    message: `expected a reference to ${known}, found \`${written}\``,
    fix: `for text write it in quotes; for a literal \`\${${written}}\` write \`${literal}\``,
  };
}

/** `root` is `var` or `local`. */
export function undeclaredName(
  span: Span,
  root: string,
  name: string,
  known: readonly string[],
): Problem {
  const declared = root === "var" ? "declared variable" : "local value";
  const message = `expected a ${declared} (${listed(known)}), found \`${root}.${name}\``;
  const code = root === "var" ? "variable_undeclared" : "local_undeclared";
  return { span, code, message, meant: { word: name, known, prefix: `${root}.` } };
}

const MAX_LISTED = 10;

function listed(names: readonly string[]): string {
  if (names.length === 0) return "there is none";
  const more = names.length > MAX_LISTED ? ` and ${names.length - MAX_LISTED} more` : "";
  return `there are: ${names.slice(0, MAX_LISTED).join(", ")}${more}`;
}

export function isKnownFunction(name: string): boolean {
  return FUNCTIONS.has(name) || SPECIAL_FUNCTIONS.has(name);
}

export function unknownFunction({ name, nameSpan }: Call): Problem {
  const refused = REFUSED_FUNCTIONS.get(name);
  const span = { start: nameSpan.start, end: nameSpan.end };
  if (refused === undefined) {
    return {
      span,
      code: "function_unknown",
      message: `expected a known function, found \`${name}\``,
      meant: { word: name, known: [...FUNCTIONS.keys(), ...SPECIAL_FUNCTIONS.keys()], prefix: "" },
    };
  }
  return { span, message: `expected an offered function, found \`${name}\``, fix: refused };
}
