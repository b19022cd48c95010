// Rules of the project that neither the compiler nor the linter knows. Each failure says what to do instead.
// They work on text: strings and comments are blanked first, which is exact enough for the code we write.
import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

const root = join(import.meta.dir, "..");

interface FolderRule {
  /** Folders it may import; those marked `types` only through `import type`. */
  readonly folders: readonly string[];
  readonly types?: readonly string[];
  /** Packages and `node:`/`bun:` modules it may import, by prefix; "any" where it does I/O. */
  readonly packages: readonly string[] | "any";
}

const PURE = [
  "model",
  "policy",
  "placement",
  "schedule",
  "engine",
  "fleet",
  "machine",
  "jobfile",
  "agent/core",
];
const ENGINE_SIDE = [
  "model",
  "policy",
  "placement",
  "schedule",
  "engine",
  "fleet",
  "machine",
  "jobfile",
];
const ALL = "all";

// DESIGN, section 3. A folder may always import itself; the longest matching folder counts.
const FOLDER_RULES: Readonly<Record<string, FolderRule>> = {
  model: { folders: [], packages: [] },
  policy: { folders: ["model"], packages: [] },
  placement: { folders: ["model"], packages: [] },
  schedule: { folders: ["model"], packages: ["croner"] },
  engine: { folders: ["model", "policy", "placement", "schedule"], packages: [] },
  fleet: { folders: ["model", "schedule"], packages: [] },
  // Engine and fleet in one step, and the order of things in the loop.
  machine: { folders: ["model", "engine", "fleet"], packages: [] },
  jobfile: { folders: ["model"], packages: [] },
  // The conversation with nodes: types, and the numbering of messages as pure functions that both ends share.
  "protocol/node": { folders: ["model"], packages: [] },
  protocol: { folders: ["model", "protocol/node"], packages: ["zod", "@hono/zod-openapi"] },
  // The store in memory is pure: the simulator commits to it.
  "store/memory": { folders: ["model", "store"], packages: [] },
  store: { folders: ["model", "store/memory"], packages: "any" },
  server: { folders: [...ENGINE_SIDE, "protocol", "protocol/node", "store"], packages: "any" },
  "agent/core": { folders: ["model", "policy", "protocol/node"], packages: [] },
  agent: {
    folders: ["agent/core", "model", "policy", "protocol", "protocol/node"],
    packages: "any",
  },
  client: { folders: [], types: ["protocol"], packages: ["hono"] },
  // Its commands inside executions speak as nodes do, with the server between.
  cli: { folders: ["client", "model", "protocol", "protocol/node", "jobfile"], packages: "any" },
  console: { folders: ["client"], packages: "any" },
  sim: { folders: [...PURE, "protocol/node"], types: ["protocol"], packages: [] },
  // The roles of the executable, wired.
  main: { folders: [ALL], packages: "any" },
  "main.ts": { folders: [ALL], packages: "any" },
};

// Run by name or by the outside, so nothing imports them. sim/main.ts is a program around a pure library.
const ENTRIES = ["src/main.ts", "src/sim/main.ts", "src/agent/fixtures/entry.ts"];
const PURE_FOLDERS = [...PURE, "sim"];
const TEST_PACKAGES = ["bun:test", "fast-check", "@cdktn/hcl2json", "yaml", "node:"];

const MAX_FILE_LINES = 500;
const MAX_FUNCTION_LINES = 70;
const BANNED_FOLDERS = ["utils", "common", "helpers", "types", "services"];
const SKIPPED_FOLDERS = ["node_modules", "dist", "coverage", ".git", ".stint"];

// `process` is also our noun, so only what belongs to the global one is named.
const PROCESS_MEMBERS =
  "argv|env|cwd|exit\\(|on\\(|once\\(|kill\\(|nextTick|hrtime|uptime|platform|memoryUsage|cpuUsage|(?:stdin|stdout|stderr)\\.(?:write|on|pipe)";
const BANNED_IN_PURE: readonly (readonly [RegExp, string])[] = [
  [/(?<![.\w$])(?:Date\s*[.(]|new\s+Date\b)/, "take the time as an argument (`now`, epoch ms)"],
  [/\bTemporal\s*\.\s*Now\b/, "take the time as an argument (`now`, epoch ms)"],
  [/(?<![\w$])performance\s*\.\s*\w/, "take the time as an argument (`now`, epoch ms)"],
  [/\bMath\s*\.\s*random\b/, "take chance as an argument (`random`)"],
  [/(?<![.\w$])crypto\s*\./, "take new ids and chance as arguments"],
  [/(?<![.\w$])(?:setTimeout|setInterval|setImmediate)\b/, "store a due time as a timer"],
  [/(?<![.\w$])queueMicrotask\b/, "return an effect; a step is synchronous"],
  [/(?<![.\w$])(?:await|async)\s/, "return an effect; a step is synchronous"],
  [
    new RegExp(`(?<![.\\w$])process\\s*\\.\\s*(?:${PROCESS_MEMBERS})`),
    "take the value as an argument",
  ],
  [/(?<![.\w$])fetch\s*\(/, "return an effect; the shell performs it"],
  [/(?<![.\w$])Bun\s*\./, "return an effect, or take the value as an argument"],
  [/(?<![.\w$])console\s*\./, "return an event"],
  [/(?<![.\w$])globalThis\b/, "take the value as an argument"],
];

// In comments too. Put together here, so that this file does not match itself.
const LEFTOVER = new RegExp(`\\b(?:${["TO" + "DO", "FIX" + "ME", "X" + "XX"].join("|")})\\b`);
const SUPPRESSED = new RegExp(`@ts-${"(?:ignore|nocheck)"}\\b`);
const MACHINE_PATH = new RegExp(`(?<![\\w.-])/${"work"}/`);

interface Import {
  readonly specifier: string;
  readonly isTypeOnly: boolean;
  readonly line: number;
}

interface Source {
  readonly path: string;
  readonly text: string;
  /** The text with the insides of strings, templates, comments and regular expressions blanked. */
  readonly code: string;
}

function walk(folder: string): string[] {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const below = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return SKIPPED_FOLDERS.includes(entry.name) ? [] : walk(below);
    return entry.isFile() ? [below] : [];
  });
}

const REGEX_MAY_FOLLOW =
  /(?:^|[=(,:;!&|?{}[+\-*%<>~^]|=>|\b(?:return|case|typeof|in|of|throw|yield|await))\s*$/;

function regexEnd(text: string, start: number): number {
  let isInClass = false;
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text[at];
    if (character === "\n") return start;
    if (character === "\\") at += 1;
    else if (character === "[") isInClass = true;
    else if (character === "]") isInClass = false;
    else if (character === "/" && !isInClass) return at;
  }
  return start;
}

function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === text[start] || text[at] === "\n") return at;
  }
  return text.length;
}

/** Where the text of a template, begun by a backtick or by the `}` of a substitution, ends; on its last character. */
function templateEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === "`") return at;
    else if (text[at] === "$" && text[at + 1] === "{") return at + 1;
  }
  return text.length;
}

/** Blanks the insides of literals and all of comments; lengths and line ends stay. */
function blankLiterals(text: string): string {
  let code = "";
  const substitutions: number[] = [];
  let depth = 0;
  const blank = (end: number, kept: number) => {
    const inner = text.slice(code.length + kept, end + 1 - kept).replace(/[^\n]/g, " ");
    const open = text.slice(code.length, code.length + kept);
    code += open + inner + (kept > 0 ? text.slice(end, end + kept) : "");
  };
  const endOf = (index: number, length: number) =>
    index < 0 ? text.length - 1 : index + length - 1;
  while (code.length < text.length) {
    const at = code.length;
    const character = text[at] ?? "";
    const isTemplateAgain = character === "}" && substitutions.at(-1) === depth;
    if (text.startsWith("//", at)) blank(endOf(text.indexOf("\n", at), 0), 0);
    else if (text.startsWith("/*", at)) blank(endOf(text.indexOf("*/", at + 2), 2), 0);
    else if (character === '"' || character === "'") blank(stringEnd(text, at), 1);
    else if (character === "`" || isTemplateAgain) {
      if (isTemplateAgain) substitutions.pop();
      const end = templateEnd(text, at);
      blank(end, 1);
      if (text[end] === "{") substitutions.push(depth);
    } else if (
      character === "/" &&
      REGEX_MAY_FOLLOW.test(code.slice(-40)) &&
      regexEnd(text, at) > at
    ) {
      blank(regexEnd(text, at), 1);
    } else {
      if (character === "{") depth += 1;
      if (character === "}") depth -= 1;
      code += character;
    }
  }
  return code;
}

function readSource(path: string): Source {
  const text = readFileSync(join(root, path), "utf8");
  return { path, text, code: blankLiterals(text) };
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

const NAMES = String.raw`(?:[\w$]+\s*,?\s*)?(?:\{[^{}]*\}|\*(?:\s*as\s+[\w$]+)?)?`;
const IMPORT_FORMS = [
  new RegExp(String.raw`\b(?:import|export)\s+(type\s+(?!from\b))?${NAMES}\s*from\s*(?=["'])`, "g"),
  /\b(?:import|export)\s*(type\s*)?\{[^{}]*\}\s*from\s*(?=["'])/g,
  /\bimport\s*()(?=["'])/g,
  /\bimport\s*\(\s*()(?=["'])/g,
];

function importsOf(source: Source): Import[] {
  const found = new Map<number, Import>();
  for (const form of IMPORT_FORMS) {
    for (const match of source.code.matchAll(form)) {
      const start = match.index + match[0].length;
      const specifier = source.text.slice(start + 1, stringEnd(source.text, start));
      const isTypeOnly = (match[1] ?? "") !== "";
      found.set(start, { specifier, isTypeOnly, line: lineAt(source.text, start) });
    }
  }
  return [...found.values()];
}

function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path);
}

/** The folder of the table that a path lies in, or undefined where the table has none. */
function folderOf(path: string): string | undefined {
  const inSource = path.replace(/^src\//, "");
  const names = Object.keys(FOLDER_RULES).filter(
    (name) => inSource === name || inSource.startsWith(`${name}/`),
  );
  return names.sort((a, b) => b.length - a.length)[0];
}

function resolveImport(source: Source, specifier: string): string {
  return relative(root, join(root, dirname(source.path), specifier));
}

const allFiles = walk("");
const sources = allFiles.filter((path) => /\.(?:ts|tsx|mjs)$/.test(path)).map(readSource);
const shipped = sources.filter(({ path }) => path.startsWith("src/") && !path.endsWith(".d.ts"));

function isPackageAllowed(source: Source, rule: FolderRule, specifier: string): boolean {
  if (rule.packages === "any" || ENTRIES.includes(source.path)) return true;
  const allowed = isTest(source.path) ? [...rule.packages, ...TEST_PACKAGES] : rule.packages;
  return allowed.some(
    (name) =>
      specifier === name ||
      specifier.startsWith(`${name}/`) ||
      (name.endsWith(":") && specifier.startsWith(name)),
  );
}

function checkImport(source: Source, folder: string, imported: Import): string | undefined {
  const rule = FOLDER_RULES[folder];
  const { specifier, isTypeOnly, line } = imported;
  const where = `${source.path}:${line}`;
  if (rule === undefined) return undefined;
  if (!specifier.startsWith(".")) {
    if (isPackageAllowed(source, rule, specifier)) return undefined;
    return `${where}: src/${folder} may not import ${specifier}; take what it gives as an argument, or return an effect`;
  }
  const target = resolveImport(source, specifier);
  if (!existsSync(join(root, target)) || !/\.\w+$/.test(target)) {
    return `${where}: no file ${target}; write the import with its extension (.ts)`;
  }
  if (target === "package.json" || rule.folders.includes(ALL)) return undefined;
  const to = target.startsWith("src/") ? folderOf(target) : undefined;
  if (to === undefined)
    return `${where}: may not import ${target}, which is outside the table of folders`;
  if (to === folder || rule.folders.includes(to)) return undefined;
  if (rule.types?.includes(to)) {
    return isTypeOnly ? undefined : `${where}: src/${to} only with \`import type\``;
  }
  if (to === "sim" && isTest(source.path)) return undefined;
  return `${where}: src/${folder} may not import src/${to}; it may import ${[...rule.folders, ...(rule.types ?? [])].join(", ") || "no other folder"}`;
}

/** Matching opening bracket of the closing one at `close`, or -1. */
function openingOf(code: string, close: number): number {
  let depth = 0;
  for (let at = close; at >= 0; at -= 1) {
    if (code[at] === ")") depth += 1;
    if (code[at] === "(") depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}

const RETURN_TYPE = /\)\s*:\s*[\w$.,\s<>[\]|&"'?]+$/;

function opensFunction(code: string, brace: number): boolean {
  const before = code.slice(Math.max(0, brace - 400), brace).trimEnd();
  if (before.endsWith("=>")) return true;
  const typed = RETURN_TYPE.exec(before);
  const close = typed === null ? before.length - 1 : typed.index;
  if (before[close] !== ")") return false;
  const head = code
    .slice(0, Math.max(0, openingOf(code, code.lastIndexOf(")", brace - before.length + close))))
    .trimEnd();
  return !/(?:^|[^\w$.])(?:if|for|while|switch|catch|with|await)$/.test(head);
}

function longFunctions(source: Source): string[] {
  const open: number[] = [];
  const problems: string[] = [];
  for (let at = 0; at < source.code.length; at += 1) {
    if (source.code[at] === "{") open.push(at);
    if (source.code[at] !== "}") continue;
    const start = open.pop() ?? at;
    const lines = source.code.slice(start, at).split("\n").length;
    if (lines <= MAX_FUNCTION_LINES || !opensFunction(source.code, start)) continue;
    const where = `${source.path}:${lineAt(source.code, start)}`;
    problems.push(`${where}: a function of ${lines} lines; split it (limit ${MAX_FUNCTION_LINES})`);
  }
  return problems;
}

function matches(source: Source, text: string, pattern: RegExp, advice: string): string[] {
  const found = new RegExp(pattern, "g");
  return [...text.matchAll(found)].map(
    (match) => `${source.path}:${lineAt(text, match.index)}: ${match[0].trim()}: ${advice}`,
  );
}

test("imports go only where the table of folders allows", () => {
  const problems = shipped.flatMap((source) => {
    const folder = folderOf(source.path);
    if (folder === undefined) return [`${source.path}: not in a folder of the table`];
    return importsOf(source).flatMap((imported) => checkImport(source, folder, imported) ?? []);
  });
  expect(problems).toEqual([]);
});

test("pure folders use no clock, chance, timer or I/O of their own", () => {
  const pure = shipped.filter(
    ({ path }) =>
      PURE_FOLDERS.includes(folderOf(path) ?? "") && !isTest(path) && !ENTRIES.includes(path),
  );
  const problems = pure.flatMap((source) =>
    BANNED_IN_PURE.flatMap(([pattern, advice]) => matches(source, source.code, pattern, advice)),
  );
  expect(problems).toEqual([]);
});

test("files and functions stay within their limits", () => {
  const problems = sources.flatMap((source) => {
    const lines = source.text.split("\n").length - 1;
    const isLong = lines > MAX_FILE_LINES;
    const long = isLong
      ? [`${source.path}: ${lines} lines; split it (limit ${MAX_FILE_LINES})`]
      : [];
    return isTest(source.path) ? long : [...long, ...longFunctions(source)];
  });
  expect(problems).toEqual([]);
});

test("nothing is left over, switched off or silenced", () => {
  const problems = sources.flatMap((source) => [
    ...matches(source, source.text, LEFTOVER, "do it, or write an issue"),
    ...matches(source, source.text, SUPPRESSED, "correct the type"),
    ...matches(
      source,
      source.code,
      /\.(?:only|skip)\s*\(/,
      "run all tests; a gap is a listed skipIf",
    ),
    ...matches(source, source.code, /\bas\s+any\b/, "name the type, or narrow from unknown"),
  ]);
  expect(problems).toEqual([]);
});

test("folders name the domain", () => {
  const problems = allFiles.filter((path) =>
    dirname(path)
      .split("/")
      .some((name) => BANNED_FOLDERS.includes(name)),
  );
  expect(problems).toEqual([]);
});

test("every test file is run by `npm test`", () => {
  const run = /^(?:src\/|test\/blackbox\/|test\/vectors\/|test\/tidy\.test\.ts$)/;
  expect(allFiles.filter((path) => isTest(path) && !run.test(path))).toEqual([]);
});

// Until there is a main, nothing can reach the parts.
test.if(existsSync(join(root, "src/main.ts")))("every source file is reached from another", () => {
  const packageExports = JSON.stringify(packageJson["exports"] ?? {});
  const reached = new Set<string>();
  for (const source of sources) {
    // Any literal that names a file counts: workers and assets are named so, not imported.
    for (const match of source.text.matchAll(/["'`](\.{1,2}\/[^"'`\n]+\.tsx?)["'`]/g)) {
      const target = resolveImport(source, match[1] ?? "");
      if (target !== source.path) reached.add(target);
    }
  }
  for (const path of allFiles.filter((name) => /^src\/.*\.html$/.test(name))) {
    for (const match of readFileSync(join(root, path), "utf8").matchAll(/src="([^"]+)"/g)) {
      reached.add(relative(root, join(root, dirname(path), match[1] ?? "")));
    }
  }
  const dead = shipped
    .map(({ path }) => path)
    .filter((path) => !isTest(path) && !ENTRIES.includes(path) && !reached.has(path))
    .filter((path) => !packageExports.includes(`./${path}`));
  expect(dead).toEqual([]);
});

const packageJson: Record<string, Record<string, string> | undefined> = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8"),
);
const packages = {
  ...packageJson["dependencies"],
  ...packageJson["devDependencies"],
  ...packageJson["optionalDependencies"],
};

test("versions of packages are exact", () => {
  const exact = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/;
  const problems = Object.entries(packages).filter(([, version]) => !exact.test(version));
  expect(problems).toEqual([]);
});

test("docs/dependencies.md has a row for every package, and for no other", () => {
  const document = readFileSync(join(root, "docs/dependencies.md"), "utf8");
  const rows = [...document.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] ?? "");
  expect(rows.sort()).toEqual(Object.keys(packages).sort());
});

/** `model, policy; zod` of a rule, as its row in the docs has it; packages are left to the reader. */
function importsText({ folders, types = [] }: FolderRule): string {
  if (folders.includes(ALL)) return "everything";
  const isAllPure = PURE.every((folder) => folders.includes(folder));
  const others = folders.filter((folder) => !isAllPure || !PURE.includes(folder));
  const names = [...(isAllPure ? ["the pure folders"] : []), ...others];
  return [...names, ...types.map((folder) => `types of ${folder}`)].join(", ") || "nothing";
}

test("docs/architecture.md says of each folder what it may import", () => {
  const document = readFileSync(join(root, "docs/architecture.md"), "utf8");
  const rows = [
    ...document.matchAll(/^\| `src\/([^`]+)`(?:, [^|]*)? \|[^|]*\| ([^|;]+?)(?:;[^|]*)? \|$/gm),
  ];
  const written = rows.map(([, folder, imports]) => `${folder}: ${imports}`);
  const rules = Object.entries(FOLDER_RULES)
    .filter(([folder]) => folder !== "main.ts" && existsSync(join(root, "src", folder)))
    .map(([folder, rule]) => `${folder}: ${importsText(rule)}`);
  const sorted = (lines: readonly string[]) =>
    lines.map((line) => line.split(/[:,] /).sort().join(" ")).sort();
  expect(sorted(written)).toEqual(sorted(rules));
});

test("no file names a path of the machine it was written on", () => {
  const isText = /\.(?:ts|tsx|mjs|js|md|json|html|css|ya?ml|hcl|sh|toml|sql|txt)$/;
  const problems = allFiles
    .filter((path) => isText.test(path) || basename(dirname(path)) === ".ci")
    .filter((path) => MACHINE_PATH.test(readFileSync(join(root, path), "utf8")));
  expect(problems).toEqual([]);
});
