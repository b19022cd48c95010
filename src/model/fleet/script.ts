import { SCRIPT_MAX_BYTES } from "../limits.ts";
import { type RequestError, requestError } from "../requestError.ts";
import { reservedMeaning, reservedWordsOf } from "./reservedWords.ts";
import type { ScriptSource } from "./run.ts";

/** What file systems take. */
const NAME_MAX_BYTES = 255;
/** Linux cuts a longer `#!` line off, and runs another program than the one that was meant. */
const INTERPRETER_LINE_MAX_LENGTH = 255;
/** They travel in a header. */
const FILE_TOKENS_MAX = 16;
/** Endings of OPMATE's scripts for Windows; nodes run Linux. */
const WINDOWS_ENDING = /\.(?:bat|cmd|ps1|vbs)$/i;
const SHELL_ENDING = /\.sh$/i;
/** The bytes EF BB BF, one character each. */
const BYTE_ORDER_MARK = "\u00ef\u00bb\u00bf";

/** What runs a script. */
export type Interpreter =
  /** Absolute path of the program in its `#!` line, which the kernel starts. */
  | { readonly by: "line"; readonly path: string }
  /** It has no such line: `/bin/sh`. */
  | { readonly by: "shell" };

/**
 * What runs the script, or why nothing can (OPMATE 6.1): its `#!` line, whatever its name; a name that ends in `.sh` does
 * without. Of the file's line ends the first line's count: they tell how the file was written, and what comes further down may
 * be data. `script` holds one character for each byte; the mistake is a sentence with what to do.
 */
export function interpreterOf(
  name: string,
  script: string,
): { readonly ok: true; readonly interpreter: Interpreter } | { ok: false; mistake: string } {
  const mistake = (text: string) => ({ ok: false, mistake: `${name}: ${text}` }) as const;
  if (script.startsWith(BYTE_ORDER_MARK)) {
    return mistake("expected a script, and found a byte order mark before it. Save it without.");
  }
  const end = script.indexOf("\n");
  const line = end < 0 ? script : script.slice(0, end);
  if (line.endsWith("\r")) {
    return mistake(
      "expected lines that end as on Linux (LF), and the first ends as on Windows (CR LF), which " +
        "interpreters take for a part of the command. Convert it, as with dos2unix.",
    );
  }
  if (!line.startsWith("#!")) return byName(name, mistake);
  const path = /^#![ \t]*([^ \t]+)/.exec(line)?.[1] ?? "";
  if (line.length > INTERPRETER_LINE_MAX_LENGTH) {
    return mistake(
      `expected a #! line of at most ${INTERPRETER_LINE_MAX_LENGTH} bytes, and found ${line.length}. Shorten it.`,
    );
  }
  if (!path.startsWith("/")) {
    return mistake(
      `expected the absolute path of a program in the #! line, and found ${JSON.stringify(path)}. Write one, as #!/bin/sh.`,
    );
  }
  return { ok: true, interpreter: { by: "line", path } };
}

function byName<Mistake>(name: string, mistake: (text: string) => Mistake) {
  if (SHELL_ENDING.test(name)) return { ok: true, interpreter: { by: "shell" } } as const;
  if (WINDOWS_ENDING.test(name)) {
    return mistake(
      "expected a script that Linux runs, and its ending is one of Windows. Nodes run Linux: " +
        "give it a #! line with its interpreter there, or write it for the shell (.sh).",
    );
  }
  return mistake(
    "expected a name that ends in .sh, or a first line that names the interpreter, as #!/usr/bin/env python3.",
  );
}

/**
 * What a definition keeps of an uploaded script. `script` holds one character for each byte, `sha256` is the bytes' hash in
 * lower-case hexadecimal. A mistake is an error that names field and line.
 */
export function scriptSourceOf(
  name: string,
  script: string,
  sha256: string,
): { readonly ok: true; readonly source: ScriptSource } | { ok: false; error: RequestError } {
  const refuse = (message: string, fix: string, field = "script") =>
    ({ ok: false, error: requestError("ScriptRefused", message, fix, field) }) as const;
  const nameMistake = mistakeInName(name);
  if (nameMistake !== null) {
    return refuse(nameMistake, "Give the file's name without its folder.", "name");
  }
  const sizeBytes = script.length;
  if (sizeBytes === 0) return refuse("Expected a script, and the file is empty.", "Write it.");
  if (sizeBytes > SCRIPT_MAX_BYTES) {
    const message = `Expected a script of at most ${SCRIPT_MAX_BYTES} bytes, and it has ${sizeBytes}.`;
    return refuse(message, "Put its data into files, and fetch them from the script.");
  }
  const interpreter = interpreterOf(name, script);
  if (!interpreter.ok) return refuse(interpreter.mistake, "Correct the script.");
  const words = new Set<string>();
  for (const { key, line } of reservedWordsOf(script)) {
    const meaning = reservedMeaning(key);
    if (meaning.means === "mistake") {
      return refuse(`${name}, line ${line}: ${meaning.message}`, "Correct the reserved word.");
    }
    words.add(key);
  }
  const tokens = [...words].filter((key) => reservedMeaning(key).means === "fileToken");
  if (tokens.length > FILE_TOKENS_MAX) {
    const message = `${name}: expected file tokens of at most ${FILE_TOKENS_MAX} different times, and found ${tokens.length}.`;
    return refuse(message, "Use one token in several places.");
  }
  return { ok: true, source: { name, sha256, sizeBytes, words: [...words] } };
}

function mistakeInName(name: string): string | null {
  const isGood =
    name !== "" &&
    name !== "." &&
    name !== ".." &&
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    !/[/\u0000-\u001f\u007f]/.test(name) &&
    new TextEncoder().encode(name).length <= NAME_MAX_BYTES;
  if (isGood) return null;
  return `Expected a file name of at most ${NAME_MAX_BYTES} bytes without "/" and control characters, given ${JSON.stringify(name)}.`;
}
