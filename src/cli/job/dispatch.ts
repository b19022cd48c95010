import { nameValues } from "../command/keyValue.ts";
import { CliError } from "../failure.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";
import { readText } from "./jobFile.ts";

export interface JobDispatchOptions {
  readonly id: string;
  readonly payload: string | undefined;
  readonly meta: readonly string[];
}

const PAYLOAD_MAX_BYTES = 16 * 1024;

export async function run(session: Session, options: JobDispatchOptions): Promise<number> {
  const { id } = options;
  const pairs = nameValues(options.meta, "KEY=VALUE", "-me,--meta");
  const meta = Object.fromEntries(pairs.map(({ name, value }) => [name, value]));
  const payload = await payloadOf(session, options);
  const client = await session.client();
  const answer = await client.groups.dispatch(id, payload === null ? { meta } : { meta, payload });
  const sentence = `Dispatched Job ID = ${answer.jobId}`;
  return await printDone(session, sentence, answer);
}

/** Base64; null: there is none. */
async function payloadOf(
  session: Session,
  { payload: path }: JobDispatchOptions,
): Promise<string | null> {
  if (path === undefined) return null;
  const { name, text } = await readText(session, path);
  const bytes = Buffer.from(text);
  if (bytes.byteLength <= PAYLOAD_MAX_BYTES) return bytes.toString("base64");
  throw new CliError(
    `Expected at most ${PAYLOAD_MAX_BYTES} bytes as payload and got ${bytes.byteLength} in ${name}.`,
    { fix: "Make it smaller, or let the job fetch it as an artifact." },
  );
}
