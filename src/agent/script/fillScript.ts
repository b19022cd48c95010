import {
  replaceReservedWords,
  reservedMeaning,
  reservedWordsOf,
} from "../../model/fleet/reservedWords.ts";
import type { ScriptOrder } from "../../model/fleet/run.ts";
import type { FileTokenTexts } from "./attempt.ts";
import { fileToolCall } from "./fileTools.ts";

/** What reserved words are replaced by on this node. */
export interface ScriptValues {
  readonly guid: string;
  /** As the node is called when the script is sent to it. */
  readonly nodeId: string;
  readonly work: ScriptOrder;
  readonly fileTokens: FileTokenTexts;
  readonly rootDirectory: string;
}

export type FilledScript =
  | { readonly ok: true; readonly script: string }
  /** A sentence that names the line. */
  | { readonly ok: false; readonly mistake: string };

/**
 * The script with all reserved words replaced, once: what a value brings along is text. One character stands for each
 * byte, and values are put in as UTF-8, so that all else of a script of any encoding stays as it was.
 */
export function fillScript(script: string, values: ScriptValues): FilledScript {
  const byKey = new Map<string, string>();
  for (const { text, key, line } of reservedWordsOf(script)) {
    if (byKey.has(key)) continue;
    const value = replacementOf(key, values);
    if (typeof value !== "string") {
      const mistake = `${values.work.script.name}, line ${line}: ${text} ${value.lacks}.`;
      return { ok: false, mistake };
    }
    byKey.set(key, Buffer.from(value, "utf8").toString("latin1"));
  }
  return { ok: true, script: replaceReservedWords(script, (key) => byKey.get(key) ?? null) };
}

function replacementOf(
  key: string,
  { guid, nodeId, work, fileTokens, rootDirectory }: ScriptValues,
): string | { readonly lacks: string } {
  const meaning = reservedMeaning(key);
  switch (meaning.means) {
    case "agentGuid":
      return guid;
    case "nodeId":
      return nodeId;
    case "taskId":
      return work.definitionId;
    case "taskInstanceNo":
      return String(work.instanceNo);
    case "fileToken":
      return (
        ownValue(fileTokens, key) ?? {
          lacks: "stands for a file token, which is not given by this server",
        }
      );
    case "fileTool":
      return fileToolCall(rootDirectory, meaning.tool);
    case "attribute":
      return (
        ownValue(work.attributes, key) ?? {
          lacks: "names an attribute that no node group of this node had when the run began",
        }
      );
    case "mistake":
      return { lacks: `means nothing: ${meaning.message}` };
  }
}

function ownValue(values: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(values, key) ? values[key] : undefined;
}
