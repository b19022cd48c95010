import type { Action, CommandObject } from "./action.ts";
import { longName, type OptionSpec, type OptionTable, placeholder } from "./option.ts";

export type Objects = Readonly<Record<string, CommandObject>>;

const USAGE_COLUMNS = 80;
const HANGING_INDENT = " ".repeat(7);
const NAME_INDENT = " ".repeat(8);
const NAME_COLUMNS = 14;
const GAP = "    ";

/** Roles of the executable that are no objects; the program itself runs them. */
export const SERVER_COMMANDS: Readonly<Record<string, string>> = {
  dev: "A server with two local nodes, data in ./.stint",
  server: "The control plane",
  agent: "A node: joins a server and runs its tasks",
  demo: "Runs a job and a script on nodes of its own and checks what comes out",
};

const OTHER_COMMANDS: Readonly<Record<string, string>> = {
  completion: 'Completion for a shell: eval "$(stint completion bash)"',
  version: "The version of this executable",
};

function names(entries: Readonly<Record<string, string>>): string[] {
  return Object.entries(entries).map(
    ([name, summary]) => `${NAME_INDENT}${name.padEnd(NAME_COLUMNS)}${summary}`,
  );
}

function summaries(entries: Readonly<Record<string, { readonly summary: string }>>) {
  return Object.fromEntries(Object.entries(entries).map(([name, { summary }]) => [name, summary]));
}

export function rootHelp(objects: Objects): string {
  return [
    "",
    "usage: stint <object> <action> [<arguments>|help]",
    "",
    "[objects]",
    ...names(summaries(objects)),
    "",
    "[server]",
    ...names(SERVER_COMMANDS),
    "",
    "[others]",
    ...names(OTHER_COMMANDS),
  ].join("\n");
}

export function objectHelp(name: string, { actions }: CommandObject): string {
  return [
    "",
    `usage: stint ${name} <action> [<arguments>|help]`,
    "",
    "[actions]",
    ...names(summaries(actions)),
  ].join("\n");
}

/** The usage lines alone: with an error they say enough. */
export function usage(object: string, name: string, action: Action): string {
  const lines = [`usage: stint ${object} ${name}`];
  for (const part of Object.entries(action.options).map((entry) => usagePart(entry, action))) {
    const last = lines.at(-1) ?? "";
    if (`${last} ${part}`.length <= USAGE_COLUMNS) lines[lines.length - 1] = `${last} ${part}`;
    else lines.push(HANGING_INDENT + part);
  }
  return lines.join("\n");
}

/** `-id <job-id>`; in brackets what may be left out, the option's own word included where its value may stand alone. */
function usagePart([key, spec]: [string, OptionSpec], action: Action): string {
  if (key === action.rest && spec.kind === "list") return spec.value;
  if (spec.kind === "toggle") return `[-${spec.short}${placeholder(spec)}]`;
  const isOperand = action.operands.includes(key);
  const option = isOperand ? `[-${spec.short}]` : `-${spec.short}`;
  const value = placeholder(spec);
  const many = spec.kind === "list" ? "..." : "";
  const part = (value === "" ? option : `${option} ${value}`) + many;
  return spec.required === true ? part : `[${part}]`;
}

export function actionHelp(
  object: string,
  name: string,
  action: Action,
  general: OptionTable,
): string {
  const options = { ...action.options, ...general };
  const heads = Object.entries(options).map(([key, spec]) =>
    key === action.rest && spec.kind === "list" ? `  ${spec.value}` : optionHead(key, spec),
  );
  const columns = Math.max(...heads.map((head) => head.length)) + GAP.length;
  const lines = Object.values(options).flatMap((spec, index) => [
    `${(heads[index] ?? "").padEnd(columns)}${spec.text}`,
    ...valueLines(spec, columns),
  ]);
  return ["", usage(object, name, action), "", action.summary, ...lines].join("\n");
}

function optionHead(key: string, spec: OptionSpec): string {
  const head = `  -${spec.short},--${longName(key, spec)}`;
  if (spec.kind === "flag") return head;
  if (spec.kind === "toggle") return `${head}${placeholder(spec)}`;
  // The words stand below, each with its meaning.
  return spec.kind === "word"
    ? `${head} <${spec.value ?? "word"}>`
    : `${head} ${placeholder(spec)}`;
}

function valueLines(spec: OptionSpec, columns: number): string[] {
  if (spec.kind !== "word") return [];
  return Object.entries(spec.words).map(
    ([word, meaning]) =>
      `${" ".repeat(columns)}* ${meaning === "" ? word : `${word} : ${meaning}`}`,
  );
}
