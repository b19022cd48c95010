import packageJson from "../../package.json" with { type: "json" };
import type { Action, CommandObject } from "./command/action.ts";
import { actionHelp, objectHelp, rootHelp, SERVER_COMMANDS, usage } from "./command/help.ts";
import { leadingOptions } from "./command/leading.ts";
import { longName } from "./command/option.ts";
import { splitOptionWords } from "./command/optionWords.ts";
import { GENERAL } from "./command/shared.ts";
import { nearestWord } from "./command/suggest.ts";
import { OBJECTS } from "./commands.ts";
import { EXIT, UsageError } from "./failure.ts";
import { type CliIo, writeTo } from "./io.ts";
import { reportError } from "./report.ts";
import { type OutputForm, Session } from "./session.ts";

export type { CliIo };

/** Runs one command line, `argv` being the words behind the program's name; answers the exit code. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  const leading = leadingOptions(GENERAL, argv);
  const [first = "", ...rest] = leading.rest;
  if (first === "-v" || first === "--version" || first === "version") {
    return await print(io, `stint ${packageJson.version}`);
  }
  if (first === "completion") return await completion(rest, io);
  if (isHelp(first)) return await help(rest, io);
  const object = lookUp(OBJECTS, first);
  if (object === undefined) {
    if (first.startsWith("-")) return await wrongOption(first, io);
    const known = [...Object.keys(OBJECTS), ...Object.keys(SERVER_COMMANDS)];
    const expected = "one of the objects and commands below";
    return await wrongWord(io, { expected, word: first, known, help: rootHelp(OBJECTS) });
  }
  return await runObject({ name: first, object, general: leading.options }, rest, io);
}

interface ChosenObject {
  readonly name: string;
  readonly object: CommandObject;
  /** Options that stood before it; they mean the same as behind the action. */
  readonly general: readonly string[];
}

async function runObject(
  { name, object, general }: ChosenObject,
  words: readonly string[],
  io: CliIo,
): Promise<number> {
  const [word = "", ...rest] = words;
  if (isHelp(word)) return await help([name, ...rest], io);
  const action = lookUp(object.actions, word);
  if (action === undefined) {
    const known = Object.keys(object.actions);
    const expected = `one of the actions of ${name} below`;
    return await wrongWord(io, { expected, word, known, help: objectHelp(name, object) });
  }
  // What follows the options of such an action belongs to another program.
  const own =
    action.rest === null ? rest : splitOptionWords({ ...action.options, ...GENERAL }, rest).own;
  const isHelpAsked = (rest.length === 1 && rest[0] === "help") || hasHelpOption(own);
  if (isHelpAsked) return await print(io, actionHelp(name, word, action, GENERAL));
  return await runAction({ object: name, name: word, action }, [...general, ...rest], io);
}

interface Chosen {
  readonly object: string;
  readonly name: string;
  readonly action: Action;
}

async function runAction(chosen: Chosen, words: readonly string[], io: CliIo): Promise<number> {
  const { object, name, action } = chosen;
  const { parseOptions } = await import("./command/parse.ts");
  try {
    const options = { ...action.options, ...GENERAL };
    const { operands, rest } = action;
    const given = parseOptions({ options, operands, rest }, words);
    return await runParsed(action, given, io);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const more = `Run \`stint ${object} ${name} help\` for what each option means.`;
    await writeTo(io.stderr, `error: ${error.message}\n${usage(object, name, action)}\n${more}\n`);
    return action.errorExit ?? EXIT.usage;
  }
}

async function runParsed(
  action: Action,
  given: Readonly<Record<string, unknown>>,
  io: CliIo,
): Promise<number> {
  const interrupt = hearInterrupts(io);
  const form = formOf(given);
  const { server, tokenFile } = given as { server?: string; tokenFile?: string };
  const { tellsRequest } = action;
  const { signal } = interrupt;
  const session = new Session({ io, form, server, tokenFile, signal, tellsRequest });
  try {
    const run = await action.load();
    // An action that is in the middle of a request need not see the signal itself.
    return await Promise.race([run(session, given), interrupt.exitCode]);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const exitCode = await reportError(error, session);
    return exitCode === EXIT.failed ? (action.errorExit ?? exitCode) : exitCode;
  } finally {
    interrupt.stop();
  }
}

function formOf({ json, tsv }: Readonly<Record<string, unknown>>): OutputForm {
  if (json === true && tsv === true) {
    throw new UsageError("Expected one of --json and --tsv and got both.");
  }
  if (json === true) return "json";
  return tsv === true ? "tsv" : "box";
}

/** What an action still wants to say when it is interrupted must be said within this time. */
const FAREWELL_MS = 200;

function hearInterrupts(io: CliIo) {
  const controller = new AbortController();
  const { promise: exitCode, resolve } = Promise.withResolvers<number>();
  const onSignal = () => {
    controller.abort();
    setTimeout(() => resolve(EXIT.interrupted), FAREWELL_MS).unref();
  };
  if (io.signal !== undefined) io.signal.addEventListener("abort", onSignal, { once: true });
  else process.once("SIGINT", onSignal);
  const stop = () => {
    io.signal?.removeEventListener("abort", onSignal);
    process.off("SIGINT", onSignal);
  };
  return { signal: controller.signal, exitCode, stop };
}

const HELP_OPTIONS: readonly string[] = ["-h", "-help", "--help"];

function isHelp(word: string): boolean {
  return word === "help" || HELP_OPTIONS.includes(word);
}

function hasHelpOption(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  const options = end < 0 ? words : words.slice(0, end);
  return options.some((word) => HELP_OPTIONS.includes(word));
}

/** `stint help job list` is as good as `stint job list help`. */
async function help(words: readonly string[], io: CliIo): Promise<number> {
  const [name = "", word = ""] = words;
  const object = lookUp(OBJECTS, name);
  if (object === undefined) return await print(io, rootHelp(OBJECTS));
  const action = lookUp(object.actions, word);
  if (action === undefined) return await print(io, objectHelp(name, object));
  return await print(io, actionHelp(name, word, action, GENERAL));
}

async function wrongOption(option: string, io: CliIo): Promise<number> {
  const error = `error: Expected an object and got the option "${option}".`;
  const names = Object.entries(GENERAL).map(([key, spec]) => `--${longName(key, spec)}`);
  const place = `Options stand behind the action, as in \`stint job list -st active\`; only ${names.join(", ")} may stand before the object.`;
  await writeTo(io.stderr, `${error} ${place}\n${rootHelp(OBJECTS)}\n`);
  return EXIT.usage;
}

interface WrongWord {
  /** What would have fitted, as help shows it. */
  readonly expected: string;
  /** Empty: missing. */
  readonly word: string;
  readonly known: readonly string[];
  readonly help: string;
}

async function wrongWord(io: CliIo, wrong: WrongWord): Promise<number> {
  const { expected, word, known } = wrong;
  const meant = word === "" ? undefined : nearestWord(word, known);
  const guess = meant === undefined ? "" : ` Did you mean ${meant}?`;
  const error = word === "" ? "" : `error: Expected ${expected} and got "${word}".${guess}\n`;
  await writeTo(io.stderr, `${error}${wrong.help}\n`);
  return EXIT.usage;
}

async function completion([shell = ""]: readonly string[], io: CliIo): Promise<number> {
  if (shell === "bash") {
    const { bashCompletion } = await import("./command/completion.ts");
    return await print(io, bashCompletion(OBJECTS).trimEnd());
  }
  const given = shell === "" ? "nothing" : `"${shell}"`;
  const error = `error: Expected bash as the shell and got ${given}.`;
  await writeTo(io.stderr, `${error}\nWrite: eval "$(stint completion bash)"\n`);
  return EXIT.usage;
}

async function print(io: CliIo, text: string): Promise<number> {
  await writeTo(io.stdout, `${text}\n`);
  return EXIT.ok;
}

/** Own entries only: `constructor` is no object of ours. */
function lookUp<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
