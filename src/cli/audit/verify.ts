import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { reasonOf } from "../../client/apiError.ts";
import { type AuditBreak, type AuditHead, AuditVerifier } from "../../model/audit.ts";
import { CliError, EXIT, UsageError } from "../failure.ts";
import { chunksOf } from "../output/bytes.ts";
import { printJson } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface AuditVerifyOptions {
  readonly file: string | undefined;
  readonly head: string | undefined;
}

/** The server only hands out its records: whether they hold is worked out here. */
export async function run(session: Session, { file, head }: AuditVerifyOptions): Promise<number> {
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const verifier = new AuditVerifier(sha256, head === undefined ? null : headOf(head));
  const chunks = file === undefined ? await exported(session) : contentOf(file);
  const broken = (await firstBreak(verifier, chunks)) ?? verifier.end();
  if (session.form === "json") await printJson(session, jsonOf(verifier, broken));
  else if (broken === null) await session.print(soundText(verifier));
  if (broken === null) return EXIT.ok;
  if (session.form === "json") return EXIT.failed;
  const { number, line, reason } = broken;
  throw new CliError(`The audit log is broken at record ${number} (line ${line}): ${reason}.`, {
    fix: "Compare it with an export that you kept from before; records up to there hold.",
  });
}

async function exported(session: Session): Promise<AsyncIterable<Uint8Array>> {
  const client = await session.client();
  return chunksOf(await client.audit.export());
}

async function* contentOf(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path)) yield chunk as Uint8Array;
  } catch (cause) {
    throw new CliError(`Could not read ${path}: ${reasonOf(cause)}`, {
      fix: "Name a file that `stint audit export` wrote.",
      cause,
    });
  }
}

async function firstBreak(
  verifier: AuditVerifier,
  chunks: AsyncIterable<Uint8Array>,
): Promise<AuditBreak | null> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const broken = verifier.add(line);
      if (broken !== null) return broken;
    }
  }
  rest += decoder.decode();
  return rest === "" ? null : verifier.add(rest);
}

function soundText({ first, head, count }: AuditVerifier): string {
  if (count === 0) return "The audit log is empty.";
  const whole = first === 1 ? "" : ` What was before record ${first} was not looked at.`;
  return `The audit log holds: records ${first} to ${head.number}.${whole}\nHead: ${head.number}:${head.hash}`;
}

function jsonOf({ first, head, count }: AuditVerifier, broken: AuditBreak | null) {
  return { holds: broken === null, records: count, first, head, broken };
}

function headOf(text: string): AuditHead {
  const [, number, hash = ""] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (number !== undefined) return { number: Number(number), hash };
  throw new UsageError(
    `Expected NUMBER:HASH as -hd,--head, as \`stint audit verify\` prints it, and got "${text}".`,
  );
}
