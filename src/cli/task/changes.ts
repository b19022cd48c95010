import type { Client } from "../../client/client.ts";
import type { Definition } from "../../protocol/api/answer/definition.ts";
import { boxText, printable } from "../output/cell.ts";
import { unifiedDiff } from "../output/lineDiff.ts";
import { rollingText } from "./rolling.ts";
import { osUserText } from "./shown.ts";

/** What differs between two revisions, line by line, each with `-` or `+`; nothing when they are the same. */
export async function changesBetween(
  client: Client,
  before: Definition,
  after: Definition,
): Promise<string[]> {
  return [...contentChanges(before, after), ...(await scriptChanges(client, before, after))];
}

/** What differs beside the script's text. */
export function contentChanges(before: Definition, after: Definition): string[] {
  const [old, now] = [contentLines(before), contentLines(after)];
  const removed = old.filter((line) => !now.includes(line)).map((line) => `- ${line}`);
  const added = now.filter((line) => !old.includes(line)).map((line) => `+ ${line}`);
  return [...removed, ...added];
}

/** Everything that an approval is about but the script's text, a line each. */
function contentLines(task: Definition): string[] {
  const fields = [
    ["SCRIPT", task.script.name],
    ["OS USER", osUserText(task)],
    ["BY SCHEDULER", task.byScheduler],
    ["BY ONDEMAND", task.byOnDemand],
    ["BY TASK", task.byTask],
    ["NEXT TASK", task.nextTaskId],
    ["START WITHIN", task.startWithin],
    ["NODE TIMEOUT", task.nodeTimeout],
    ["RUN TIMEOUT", task.runTimeout],
    ["ASKS AGAIN", task.asksAgain],
    ["ROLLING", task.rolling === undefined ? undefined : rollingText(task.rolling)],
    ...task.schedules.map(
      ({ text, timeZone, status }) => ["SCHEDULE", `${text} ${timeZone} ${status}`] as const,
    ),
    ...task.runners.map(({ id, kind }) => ["RUNNER", `${id}(${kind})`] as const),
    ...task.targets.map(({ id, kind }) => ["TARGET", `${id}(${kind})`] as const),
  ] as const;
  return fields.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${boxText(value)}`],
  );
}

async function scriptChanges(
  client: Client,
  before: Definition,
  after: Definition,
): Promise<string[]> {
  if (before.script.sha256 === after.script.sha256) return [];
  const textOf = async ({ script }: Definition) =>
    await (await client.scripts.read(script.sha256)).text();
  const lines = unifiedDiff(await textOf(before), await textOf(after));
  return [`--- ${scriptTitle(before)}`, `+++ ${scriptTitle(after)}`, ...lines.map(printable)];
}

/** The script and of which revision it is. */
export function scriptTitle({ script, revision }: Definition): string {
  return `${script.name} (${revision === 0 ? "working copy" : `revision ${revision}`})`;
}
