import type { z } from "@hono/zod-openapi";
import { counted } from "../../model/counted.ts";
import type { OUTPUT_GROUP } from "../../protocol/api/answer/instance.ts";
import { CliError, UsageError } from "../failure.ts";
import { printable } from "../output/cell.ts";
import { unifiedDiff } from "../output/lineDiff.ts";
import { type Part, printParts } from "../output/parts.ts";
import type { Session } from "../session.ts";
import { capitalised } from "./words.ts";

export interface InstanceGroupsOptions {
  readonly instanceNo: number;
  /** Numbers of two groups. */
  readonly diff: number | undefined;
  readonly with: number | undefined;
  readonly similar: boolean;
}

type Group = z.output<typeof OUTPUT_GROUP>;

export async function run(session: Session, options: InstanceGroupsOptions): Promise<number> {
  const { instanceNo, diff, with: other, similar } = options;
  if ((diff === undefined) !== (other === undefined)) {
    throw new UsageError("Expected two groups, as --diff 1 2, and got one.");
  }
  const client = await session.client();
  const { items } = await client.instances.groups(instanceNo, similar ? { similar } : {});
  if (diff === undefined || other === undefined) {
    return await printParts(session, items.map(groupPart), { items });
  }
  const lines = comparison(items, diff, other);
  return await printParts(session, [{ title: "", lines }], { lines });
}

function groupPart(group: Group, index: number): Part {
  const { nodeCount, nodeIds, status, result, exitCode, reason, stdout } = group;
  const how = exitCode === undefined ? "" : `, exit code ${exitCode}`;
  const title = `${index + 1}. ${counted(nodeCount, "node")}: ${capitalised(status)}, ${capitalised(result)}${how}`;
  const { outputCount } = group;
  const variants =
    outputCount === 1 ? [] : [`One of ${outputCount} outputs that are nearly the same:`];
  const why = exitCode === undefined && reason !== undefined ? [printable(reason)] : [];
  return { title, lines: [nodeIds.join(", "), ...why, ...variants, ...outputLines(stdout)] };
}

function outputLines({ encoding, content, sizeBytes }: Group["stdout"]): string[] {
  if (content === "") return ["No content."];
  if (encoding === "base64") return [`${counted(sizeBytes, "byte")} that are no text.`];
  return printable(content).replace(/\n$/, "").split("\n");
}

/** What the one group said and the other did not, as `diff -u` shows it. */
function comparison(groups: readonly Group[], first: number, second: number): string[] {
  const [before, after] = [textOf(groups, first), textOf(groups, second)];
  const lines = unifiedDiff(before, after).map(printable);
  if (lines.length === 0) return [`Groups ${first} and ${second} wrote the same.`];
  return [`--- group ${first}`, `+++ group ${second}`, ...lines];
}

function textOf(groups: readonly Group[], number: number): string {
  const group = groups[number - 1];
  if (group === undefined) {
    throw new CliError(`Expected a group from 1 to ${groups.length} and got ${number}.`, {
      fix: "See the groups without --diff.",
    });
  }
  if (group.stdout.encoding === "utf8") return group.stdout.content;
  throw new CliError(`Expected text to compare, and group ${number} wrote bytes that are none.`, {
    fix: "Save them with `stint taskinstance viewnode`.",
  });
}
