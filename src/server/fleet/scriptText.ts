import type { ScriptText } from "../../fleet/input.ts";
import { decoderLabel } from "../../model/fleet/charset.ts";
import type { DefinitionRecord } from "../../model/fleet/definition.ts";
import type { ServerContext } from "../routes/context.ts";
import { refuse } from "../routes/refusal.ts";
import { readScript } from "./scripts.ts";

/** What scripts are taken for that are no UTF-8: Korean, as Windows writes it (CP949). */
const SECOND_GUESS = "euc-kr";
/** Every byte is a character of it, so that there is always some text. */
const LAST_GUESS = "latin1";
/** A script as people read it. */
export interface DecodedScript {
  readonly text: string;
  /** The character set's name by the encoding standard. */
  readonly encoding: string;
}

/** `script` holds one character for each byte; without an encoding the first is taken that fits. */
export function decodedScript(script: string, encoding?: string): DecodedScript {
  const bytes = Buffer.from(script, "latin1");
  if (encoding !== undefined) return decoded(decoderOf(encoding, false), bytes);
  for (const guess of ["utf-8", SECOND_GUESS]) {
    try {
      return decoded(decoderOf(guess, true), bytes);
    } catch (error) {
      // Bytes that do not fit; anything else is a mistake of ours.
      if (!(error instanceof TypeError)) throw error;
    }
  }
  return decoded(decoderOf(LAST_GUESS, false), bytes);
}

function decoded(decoder: TextDecoder, bytes: Uint8Array): DecodedScript {
  return { text: decoder.decode(bytes), encoding: decoder.encoding };
}

function decoderOf(encoding: string, fatal: boolean): TextDecoder {
  try {
    // What is no name of one is refused by the decoder itself.
    return new TextDecoder(decoderLabel(encoding) as Bun.Encoding, { fatal });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw refuse(
      "InvalidQueryParameterValue",
      `Expected the name of a character set, given ${JSON.stringify(encoding)}: ${reason}.`,
      "Name one such as utf-8, cp949 or euc-kr, or leave it out.",
      { field: "encoding", given: encoding },
    );
  }
}

/** What a request for approval, or its answer, is checked by; undefined while no command is restricted. */
export async function scriptToCheck(
  context: ServerContext,
  { working }: DefinitionRecord,
): Promise<ScriptText | undefined> {
  if (context.fleet.state.restrictedCommands.size === 0) return undefined;
  const { sha256 } = working.script;
  return { sha256, text: decodedScript(await scriptBytes(context, sha256)).text };
}

/** One character for each byte. */
export async function scriptBytes(context: ServerContext, sha256: string): Promise<string> {
  const script = await readScript(context, sha256);
  if (script !== null) return script;
  throw refuse(
    "ScriptNotFound",
    `The script of the SHA-256 ${sha256} is not in the blob store any more.`,
    "Upload it again with POST /api/v1/scripts.",
  );
}
