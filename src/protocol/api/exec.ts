import { z } from "@hono/zod-openapi";
import { EXEC_FAILURE_CODES, type ExecInput, type ExecOutput } from "../node/exec.ts";
import { integer, record, text, where } from "./field.ts";

/** Words of a command in all: more than anybody types, and little enough for an event that keeps them. */
const COMMAND_MAX_BYTES = 32 * 1024;
const COMMAND_WORDS_MAX = 1_000;
/** The kernel keeps both in 16 bits. */
const TERMINAL_MAX = 65_535;

const SIZE = {
  columns: integer(1, TERMINAL_MAX),
  rows: integer(1, TERMINAL_MAX),
};

const COMMAND = where(
  z.array(z.string()).min(1).max(COMMAND_WORDS_MAX),
  (words) =>
    words[0] !== "" &&
    words.every((word) => !word.includes("\0")) &&
    words.reduce((sum, word) => sum + Buffer.byteLength(word), 0) <= COMMAND_MAX_BYTES,
  {
    code: "InvalidPropertyValue",
    expected: `a program and its arguments, ${COMMAND_MAX_BYTES} bytes at most and none of them 0`,
  },
);

/** Body of a request to run a command inside an execution. */
export const EXEC_REQUEST = record({
  command: COMMAND.openapi({ description: "The first word is a program; no shell reads it." }),
  member: z
    .string()
    .optional()
    .openapi({ description: "Which of the members of a group; absent: the only one." }),
  terminal: record({ ...SIZE, type: text(64).optional().openapi({ description: "For TERM." }) })
    .optional()
    .openapi({ description: "Absent: stdin, stdout and stderr are apart, and no terminal." }),
  stdin: z
    .boolean()
    .optional()
    .openapi({ description: "Whether anything is sent; default false." }),
});

export const EXEC_SESSION = z
  .object({
    sessionId: z.string().openapi({ description: "For its stream, within 30 s, with this token." }),
  })
  .openapi("ExecSession");

const INPUT = z.discriminatedUnion("kind", [
  record({ kind: z.literal("resize"), size: record(SIZE) }),
  record({ kind: z.literal("endOfInput") }),
  record({ kind: z.literal("credit"), bytes: z.int().min(1) }),
  record({ kind: z.literal("close") }),
]);

/** A message of whoever asked for the command; null: it makes no sense. */
export function parseExecInput(message: string): ExecInput | null {
  try {
    return INPUT.safeParse(JSON.parse(message)).data ?? null;
  } catch {
    return null;
  }
}

/** What a node says of a command is a sentence; what is longer is cut. */
const MESSAGE_MAX_LENGTH = 1_000;
const MESSAGE = z.string().transform((message) => message.slice(0, MESSAGE_MAX_LENGTH));

const END = z.discriminatedUnion("state", [
  z.object({ state: z.literal("exited"), exitCode: z.int().min(0).max(255) }),
  z.object({ state: z.literal("failed"), code: z.enum(EXEC_FAILURE_CODES), message: MESSAGE }),
]);

const OUTPUT = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("started"), shortcoming: MESSAGE.nullable() }),
  z.object({ kind: z.literal("credit"), bytes: z.int().min(1) }),
  z.object({ kind: z.literal("ended"), end: END }),
]);

/** A message of a node about a command; null: it makes no sense. */
export function parseExecOutput(output: unknown): ExecOutput | null {
  return OUTPUT.safeParse(output).data ?? null;
}
