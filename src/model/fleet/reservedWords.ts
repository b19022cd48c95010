/**
 * Reserved words of scripts (OPMATE 9): `@OPM_ATTR.KEY@`, and `@STINT.KEY@` as the same thing. The node replaces them just
 * before the run; the stored script keeps them. Texts here hold one character for each byte of the script, so that a
 * script of any encoding comes out as it was.
 */

/** One place of a script. */
export interface ReservedWord {
  /** As it is written, with its `@`s. */
  readonly text: string;
  readonly key: string;
  /** From 1. */
  readonly line: number;
}

/** What a key stands for. */
export type ReservedMeaning =
  | { readonly means: "agentGuid" | "nodeId" | "taskId" | "taskInstanceNo" }
  /** A file token; `validMs` null: while the execution runs. */
  | { readonly means: "fileToken"; readonly validMs: number | null }
  /** The whole call of a file tool, which takes the execution's token from its environment. */
  | { readonly means: "fileTool"; readonly tool: "list" | "put" | "get" }
  /** Of the node's groups. */
  | { readonly means: "attribute"; readonly key: string }
  | { readonly means: "mistake"; readonly message: string };

/** The longest a file token may outlive the start of its execution. */
export const FILE_TOKEN_LIMIT_MS = 86_400_000;

const BUILT_IN: Readonly<Record<string, ReservedMeaning>> = {
  AGENT_GUID: { means: "agentGuid" },
  NODE_ID: { means: "nodeId" },
  TASK_ID: { means: "taskId" },
  TASK_INSTANCE_NO: { means: "taskInstanceNo" },
  FILE_TOKEN: { means: "fileToken", validMs: null },
  FILE_LS: { means: "fileTool", tool: "list" },
  FILE_PUT: { means: "fileTool", tool: "put" },
  FILE_GET: { means: "fileTool", tool: "get" },
};

const WORD = /@(?:OPM_ATTR|STINT)\.([A-Za-z0-9_][A-Za-z0-9_./-]*)@/g;
const ATTRIBUTE_KEY = /^[A-Za-z][A-Za-z0-9_.-]{0,127}$/;
const TOKEN_WITH_TIME = /^FILE_TOKEN\/(.*)$/;
const TOKEN_TIME = /^(\d{1,5})([MH])$/;
const UNIT_MS: Readonly<Record<string, number>> = { M: 60_000, H: 3_600_000 };

/** Whether a node group may have an attribute of this key: what is built in would hide it. */
export function attributeKeyMistake(key: string): string | null {
  if (!ATTRIBUTE_KEY.test(key)) {
    return `Expected a key of letters, digits, "_", "." and "-" that begins with a letter, at most 128 characters, given "${key}".`;
  }
  if (!Object.hasOwn(BUILT_IN, key)) return null;
  return `Expected a key that scripts do not have already, given "${key}", which stands for something of its own.`;
}

/** All reserved words of the script, in their order. */
export function reservedWordsOf(script: string): ReservedWord[] {
  const found: ReservedWord[] = [];
  let line = 1;
  let counted = 0;
  for (const { 0: text, 1: key = "", index } of script.matchAll(WORD)) {
    for (let at = script.indexOf("\n", counted); at >= 0 && at < index; ) {
      line += 1;
      counted = at + 1;
      at = script.indexOf("\n", counted);
    }
    found.push({ text, key, line });
  }
  return found;
}

export function reservedMeaning(key: string): ReservedMeaning {
  const builtIn = Object.hasOwn(BUILT_IN, key) ? BUILT_IN[key] : undefined;
  if (builtIn !== undefined) return builtIn;
  const time = TOKEN_WITH_TIME.exec(key)?.[1];
  if (time !== undefined) return tokenFor(time);
  if (ATTRIBUTE_KEY.test(key)) return { means: "attribute", key };
  return { means: "mistake", message: `Expected the key of an attribute, given "${key}".` };
}

function tokenFor(time: string): ReservedMeaning {
  const [, count, unit = ""] = TOKEN_TIME.exec(time) ?? [];
  const validMs = Number(count) * (UNIT_MS[unit] ?? Number.NaN);
  if (validMs > 0 && validMs <= FILE_TOKEN_LIMIT_MS) return { means: "fileToken", validMs };
  return {
    means: "mistake",
    message: `Expected FILE_TOKEN/nM or FILE_TOKEN/nH of at most 24 hours, given "FILE_TOKEN/${time}".`,
  };
}

/**
 * The script with each reserved word replaced once: what a value brings along is not looked at again. A word whose
 * value is null stays as it is; the caller has seen to it that there is none.
 */
export function replaceReservedWords(
  script: string,
  replacement: (key: string) => string | null,
): string {
  return script.replace(WORD, (text, key: string) => replacement(key) ?? text);
}
