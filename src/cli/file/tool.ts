import { ConnectionError, reasonOf } from "../../client/apiError.ts";
import { type Client, createClient } from "../../client/client.ts";
import { isRemotePath } from "../../model/fleet/repository.ts";
import { EXIT, UsageError } from "../failure.ts";
import { type CliIo, writeTo } from "../io.ts";
import { reportError, tell } from "../report.ts";
import { Session } from "../session.ts";
import { getFile, pathOf, putFile } from "./transfer.ts";

/** The tools that scripts of tasks find on their PATH (OPMATE 8). */

interface Tool {
  readonly usage: string;
  readonly options: readonly string[];
  /** How many words it takes behind the token. */
  readonly words: readonly [least: number, most: number];
  readonly run: (call: ToolCall) => Promise<void>;
}

interface ToolCall {
  readonly session: Session;
  readonly client: Client;
  readonly options: ReadonlySet<string>;
  readonly words: readonly string[];
}

const OVERWRITE = "--overwrite";
const LONG = "--long";

const TOOLS: Readonly<Record<string, Tool>> = {
  fls: {
    usage: `[${LONG}] [<token>] <master:/dir> [<glob>]`,
    options: [LONG],
    words: [1, 2],
    run: list,
  },
  fput: {
    usage: `[${OVERWRITE}] [<token>] <master:/file> <local-file>`,
    options: [OVERWRITE],
    words: [2, 2],
    run: put,
  },
  fget: {
    usage: `[${OVERWRITE}] [<token>] <master:/file> [<local-file>]`,
    options: [OVERWRITE],
    words: [1, 2],
    run: get,
  },
};

const HELP: Readonly<Record<string, string>> = {
  fls: `Lists a folder of the server's files, one level: a name a line, folders with a slash at the end.
${LONG}: tab-separated name, size, date, type and days left.`,
  fput: `Uploads one file. ${OVERWRITE}: replaces one that is there.`,
  fget: `Downloads one file, into this folder unless it is said where. ${OVERWRITE}: replaces one that is there.`,
};

const TOKEN_HELP =
  "The token is @STINT.FILE_TOKEN@ in the script; without it that of the environment, STINT_FILE_TOKEN, is taken.";

/** Runs the tool by its name, as `stint-fget` or `opmfget`; answers the exit code. */
export async function runFileTool(
  name: string,
  words: readonly string[],
  io: CliIo,
): Promise<number> {
  const key = name.replace(/^(?:stint-|opm)/, "");
  const tool = Object.hasOwn(TOOLS, key) ? TOOLS[key] : undefined;
  if (tool === undefined) {
    await writeTo(
      io.stderr,
      `error: Expected one of ${Object.keys(TOOLS).join(", ")} and got "${name}".\n`,
    );
    return EXIT.usage;
  }
  if (words.includes("--help") || words.includes("-h")) {
    await writeTo(io.stdout, `usage: ${name} ${tool.usage}\n${HELP[key]}\n${TOKEN_HELP}\n`);
    return EXIT.ok;
  }
  try {
    return await runTool(tool, words, io);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    await writeTo(io.stderr, `error: ${error.message}\nusage: ${name} ${tool.usage}\n`);
    return EXIT.usage;
  }
}

async function runTool(tool: Tool, given: readonly string[], io: CliIo): Promise<number> {
  const { options, words, token } = parsed(tool, given, io);
  const url = io.env["STINT_SERVER_URL"] ?? "";
  if (url === "") {
    throw new UsageError(
      "Expected the server's address in STINT_SERVER_URL; this tool is for scripts that an agent runs.",
    );
  }
  const session = new Session({
    io,
    form: "box",
    server: url,
    tokenFile: undefined,
    signal: io.signal ?? new AbortController().signal,
    tellsRequest: false,
  });
  const { fetch } = io;
  const client = createClient({ url, token, ...(fetch === undefined ? {} : { fetch }) });
  try {
    await tool.run({ session, client, options, words });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (!(error instanceof ConnectionError)) return await reportError(error, session);
    const message = `No server answers at ${error.url}: ${reasonOf(error.cause)}`;
    await tell(io, { message, fix: "Run it again when the server is back." });
    return EXIT.failed;
  }
}

function parsed(
  { options: known, words: [least, most] }: Tool,
  given: readonly string[],
  io: CliIo,
) {
  const options = new Set<string>();
  const all: string[] = [];
  for (const [index, word] of given.entries()) {
    if (word === "--") {
      all.push(...given.slice(index + 1));
      break;
    }
    if (known.includes(word)) options.add(word);
    else if (word === "-ow" && known.includes(OVERWRITE)) options.add(OVERWRITE);
    else if (word.startsWith("-"))
      throw new UsageError(`Expected ${known.join(", ")} as option and got ${word}.`);
    else all.push(word);
  }
  const hasToken = all.length > 0 && !isRemotePath(all[0] ?? "");
  const words = hasToken ? all.slice(1) : all;
  const token = hasToken ? all[0] : io.env["STINT_FILE_TOKEN"];
  if (words.length < least || words.length > most) {
    throw new UsageError(
      `Expected ${least === most ? least : `${least} or ${most}`} words behind the token and got ${words.length}.`,
    );
  }
  return { options, words, token: checkedToken(token) };
}

/** What it is instead is not told: it may be another secret. */
function checkedToken(token: string | undefined): string {
  if (token?.startsWith("stint_file_") === true) return token;
  const given = token === undefined ? "none" : `${token.length} characters of something else`;
  throw new UsageError(
    `Expected a file token, which begins with stint_file_, before the path or in STINT_FILE_TOKEN, and got ${given}. Write @STINT.FILE_TOKEN@ in the script.`,
  );
}

async function list({ session, client, options, words }: ToolCall): Promise<void> {
  const [remote = "", pattern] = words;
  const path = pathOf(remote);
  const query = { path, limit: 0, ...(pattern === undefined ? {} : { pattern }) };
  const { items } = await client.repository.list(query);
  for (const { name, type, sizeBytes, createdTime, validDays } of items) {
    const long = [name, sizeBytes, createdTime, type, validDays].join("\t");
    const short = type === "directory" ? `${name}/` : name;
    await session.print(options.has(LONG) ? long : short);
  }
}

async function put({ session, client, options, words }: ToolCall): Promise<void> {
  const [remotePath = "", localPath = ""] = words;
  await putFile(session, client, { remotePath, localPath, overwrite: options.has(OVERWRITE) });
  await session.print("checksum success");
}

async function get({ session, client, options, words }: ToolCall): Promise<void> {
  const [remotePath = "", localPath = "."] = words;
  await getFile(session, client, { remotePath, localPath, overwrite: options.has(OVERWRITE) });
  await session.print("checksum success");
}
