import type { Client } from "../../client/client.ts";
import { decoderLabel } from "../../model/fleet/charset.ts";
import type { Definition } from "../../protocol/api/answer/definition.ts";
import { CliError, UsageError } from "../failure.ts";
import { diffTexts } from "../output/lineDiff.ts";
import { type Part, printParts } from "../output/parts.ts";
import { sideBySide } from "../output/sideBySide.ts";
import type { Session } from "../session.ts";
import { contentChanges, scriptTitle } from "./changes.ts";

export interface TaskDiffOptions {
  readonly id: string;
  readonly revision: number | undefined;
  readonly with: number | undefined;
  readonly encoding: string;
  readonly width: number;
}

export async function run(session: Session, options: TaskDiffOptions): Promise<number> {
  const { encoding, width } = options;
  const decoder = decoderOf(encoding);
  const client = await session.client();
  const [before, after] = await revisionsOf(client, options);
  const textOf = async ({ script }: Definition) =>
    decoder.decode(await (await client.scripts.read(script.sha256)).arrayBuffer());
  const edits = diffTexts(await textOf(before), await textOf(after));
  const changes = contentChanges(before, after);
  const parts: Part[] = changes.length === 0 ? [] : [{ title: "", lines: changes }];
  const isSame = edits.every(({ kind }) => kind === "same");
  const titles = [scriptTitle(before), scriptTitle(after)] as const;
  const lines = isSame ? ["The scripts are the same."] : sideBySide(titles, edits, width);
  return await printParts(session, [...parts, { title: "", lines }], {
    before,
    after,
    script: edits,
  });
}

/** The two that are named; of none what runs and the working copy, of one this and the working copy. */
async function revisionsOf(
  client: Client,
  { id, revision, with: other = 0 }: TaskDiffOptions,
): Promise<[before: Definition, after: Definition]> {
  const after = await client.definitions.get(id, other);
  const first = revision ?? after.runningRevision;
  if (revision === undefined && first === 0) {
    throw new CliError(`Task ${id} has no revision yet to compare its working copy with.`, {
      fix: "Ask for its approval with `stint approval request`.",
    });
  }
  return [await client.definitions.get(id, first), after];
}

function decoderOf(encoding: string): TextDecoder {
  try {
    // What is no name of one is refused by the decoder itself.
    return new TextDecoder(decoderLabel(encoding) as Bun.Encoding);
  } catch (cause) {
    throw new UsageError(
      `Expected a character set such as utf-8 or euc-kr as -se,--encoding and got "${encoding}".`,
      { cause },
    );
  }
}
