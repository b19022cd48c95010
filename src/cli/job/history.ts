import { jobDiff } from "../../jobfile/diff/jobs.ts";
import { renderDiff } from "../../jobfile/diff/render.ts";
import { readJob } from "../../jobfile/readJob.ts";
import { plainTree } from "../../jobfile/structure/plainTree.ts";
import { readStructure } from "../../jobfile/structure/readStructure.ts";
import type { PlainValue } from "../../jobfile/tree.ts";
import type { JobVersionAnswer } from "../../protocol/api/answer/group.ts";
import { printable, second } from "../output/cell.ts";
import { type Part, printParts } from "../output/parts.ts";
import type { Session } from "../session.ts";
import { versionNamed } from "./inspect.ts";
import { storyFields } from "./story.ts";

export interface JobHistoryOptions {
  readonly id: string;
  readonly diffs: boolean;
  readonly version: number | undefined;
}

export async function run(session: Session, options: JobHistoryOptions): Promise<number> {
  const { id, diffs, version } = options;
  const client = await session.client();
  const { items } = await client.groups.versions(id);
  const shown = version === undefined ? items : [versionNamed(items, id, version)];
  const parts = shown.flatMap((one) => {
    const before = items[items.indexOf(one) + 1];
    return versionParts(one, diffs && before !== undefined ? before : null);
  });
  return await printParts(session, parts, { items: shown });
}

function versionParts(one: JobVersionAnswer, before: JobVersionAnswer | null): Part[] {
  const { version, stable, submitTime } = one;
  const head: Part = {
    title: "",
    fields: [
      ["Version", version],
      ["Stable", stable],
      ["Submit Date", second(submitTime)],
      ...storyFields(one),
    ],
  };
  if (before === null) return [head];
  return [head, { title: "Diff", lines: diffLines(before, one) }];
}

function diffLines(before: JobVersionAnswer, one: JobVersionAnswer): string[] {
  const diff = jobDiff(specOf(before), specOf(one));
  return renderDiff(diff, false).map(({ text }) => printable(text));
}

/** What the server keeps was checked when it came: it is read as far as this release can. */
function specOf({ job }: JobVersionAnswer) {
  const structure = readStructure(plainTree(job as PlainValue));
  if (structure === null) return null;
  const options = { cronCheck: null, validators: null, refuses: false };
  return readJob(structure.body, options).spec;
}
