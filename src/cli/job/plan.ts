import { nomadJson } from "../../jobfile/nomad/jobs.ts";
import { counted } from "../../model/counted.ts";
import type { Plan } from "../../protocol/api/answer/group.ts";
import { EXIT, UsageError } from "../failure.ts";
import { checkedSpec } from "../groupFile/findings.ts";
import { readForm, readGroupFile } from "../groupFile/groupFile.ts";
import type { GivenVariables } from "../groupFile/variables.ts";
import { printable } from "../output/cell.ts";
import { type Colour, painter } from "../output/colour.ts";
import { printJson } from "../output/json.ts";
import { whenText } from "../output/relative.ts";
import type { Session } from "../session.ts";

export interface JobPlanOptions extends GivenVariables {
  readonly file: string;
  readonly verbose: boolean;
}

const PLAN_CHANGE_EXIT = 1;

export async function run(session: Session, options: JobPlanOptions): Promise<number> {
  const { file } = options;
  const form = await readForm(session, file);
  if (form.kind === "tasks") {
    throw new UsageError(
      "Expected a job of groups to plan and got one of tasks, which only runs once.",
    );
  }
  const read = await readGroupFile(session, file, form, options);
  const spec = await checkedSpec(session, read);
  const client = await session.client();
  const plan = await client.groups.plan({ job: { ...nomadJson(spec) } });
  const exitCode = plan.isChange ? PLAN_CHANGE_EXIT : EXIT.ok;
  if (session.form === "json") {
    await printJson(session, plan);
    return exitCode;
  }
  // The server finds again what has been said with its line.
  const warnings = read.findings.length > 0 ? [] : plan.warnings;
  await session.print(planLines(session, { ...plan, warnings }, options).join("\n"));
  return exitCode;
}

function planLines(session: Session, plan: Plan, options: JobPlanOptions): string[] {
  const paint = painter(session.io);
  const { warnings, note, nextLaunchTime } = plan;
  return [
    ...plan.diff.map((line) => diffLine(line, paint)),
    "",
    ...plan.groups.flatMap((group) => groupLines(group, options.verbose, paint)),
    ...(note === undefined ? [] : [printable(note), ""]),
    ...(nextLaunchTime === undefined
      ? []
      : [
          `If submitted now, next periodic launch would be at ${whenText(nextLaunchTime, session.io.now())}.`,
          "",
        ]),
    ...(warnings.length === 0
      ? []
      : [
          paint("Warnings:", "yellow"),
          ...warnings.map((warning) => `- ${printable(warning)}`),
          "",
        ]),
    ...indexLines(plan, sameFile(options)),
  ];
}

type Paint = ReturnType<typeof painter>;

function diffLine(line: string, paint: Paint): string {
  const [, marker = ""] = /^ *(\+\/-|\+|-) /.exec(line) ?? [];
  const colours: Readonly<Record<string, Colour>> = { "+": "green", "-": "red", "+/-": "yellow" };
  const colour = colours[marker];
  const text = printable(line);
  return colour === undefined ? text : text.replace(marker, paint(marker, colour));
}

type Group = Plan["groups"][number];

function groupLines(group: Group, isVerbose: boolean, paint: Paint): string[] {
  const { create, destructive, inPlace, canary, stop, ignore, reasons, placements } = group;
  const counts: [number, string][] = [
    [create, "create"],
    [destructive, "create/destroy update"],
    [inPlace, "in-place update"],
    [canary, "canary"],
    [stop, "destroy"],
    [ignore, "ignore"],
  ];
  const parts = counts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return [
    paint(`Task Group "${group.group}": ${parts.join(", ") || "nothing to do"}`, "bold"),
    ...reasons.map((reason) => `  * ${printable(reason)}`),
    ...placements.flatMap((placement) => placementLines(placement, isVerbose)),
    "",
  ];
}

/** Enough to see why; -verbose has all. */
const ELSEWHERE_SHOWN = 3;

function placementLines(placement: Group["placements"][number], isVerbose: boolean): string[] {
  const { taskId, nodeId, score, elsewhere } = placement;
  const scored = score === undefined ? "" : `, score ${score.toFixed(3)}`;
  const place = nodeId === undefined ? "no node takes it" : `would go to ${nodeId}${scored}`;
  const shown = isVerbose ? elsewhere : elsewhere.slice(0, ELSEWHERE_SHOWN);
  const more = elsewhere.length - shown.length;
  return [
    `  ${taskId}: ${place}`,
    ...shown.map(({ nodeId: other, reason }) => `    not ${other}: ${printable(reason)}`),
    ...(more > 0 ? [`    and not ${counted(more, "other node")}: see -verbose`] : []),
  ];
}

/** The file with the variables that the plan was made with, for a shell. */
function sameFile({ file, var: variables, varFile }: JobPlanOptions): string {
  const words = [
    ...varFile.flatMap((path) => ["-var-file", path]),
    ...variables.flatMap((variable) => ["-var", variable]),
    file,
  ];
  return words.map(shellWord).join(" ");
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Who runs it with this number runs what was planned, or is told that the job has changed since. */
function indexLines({ modifyIndex }: Plan, file: string): string[] {
  return [
    `Job Modify Index: ${modifyIndex}`,
    "To submit the job with version verification run:",
    "",
    `stint job run -check-index ${modifyIndex} ${file}`,
    "",
    "When running the job with the check-index flag, the job will only be run if the job modify index",
    "given matches the server-side version. If the index has changed, another user has modified the",
    "job and the plan's results are potentially invalid.",
  ];
}
