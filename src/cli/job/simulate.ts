import { parseDuration } from "../../model/duration.ts";
import type { SimulationEvent, SimulationGroup, SimulationReport } from "../../model/simulation.ts";
import { CliError, UsageError } from "../failure.ts";
import { checkedSpec } from "../groupFile/findings.ts";
import { readForm, readGroupFile } from "../groupFile/groupFile.ts";
import type { GivenVariables } from "../groupFile/variables.ts";
import { printJson } from "../output/json.ts";
import { boxTable, column, tsvTable } from "../output/list.ts";
import type { Session } from "../session.ts";
import { policyLines, span } from "./simulatedPolicies.ts";

export interface JobSimulateOptions extends GivenVariables {
  readonly file: string;
  readonly nodes: number;
  readonly for: string;
  readonly fail: readonly string[];
  readonly seed: number;
  readonly full: boolean;
}

/** A simulation of longer would take minutes. */
const DURATION_MAX_MS = 366 * 24 * 3_600_000;

export async function run(session: Session, options: JobSimulateOptions): Promise<number> {
  const durationMs = parseDuration(options.for);
  if (durationMs === null || durationMs === 0 || durationMs > DURATION_MAX_MS) {
    throw new UsageError(
      `Expected -fo,--for as a duration up to 366d, as 24h or 7d, and got "${options.for}".`,
    );
  }
  const form = await readForm(session, options.file);
  if (form.kind === "tasks") {
    throw new CliError(
      `${form.source.name} has a job of tasks; only jobs of groups are simulated.`,
      {
        fix: "Give the file of a service, batch, system or sysbatch job with groups.",
      },
    );
  }
  const spec = await checkedSpec(
    session,
    await readGroupFile(session, options.file, form, options),
  );
  const simulate = await session.io.loadSimulator?.();
  if (simulate === undefined)
    throw new CliError("This program has no simulator.", {
      fix: "Use the released executable.",
    });
  const { nodes, fail: failures, seed } = options;
  const answer = simulate({ spec, nodes, durationMs, failures, seed });
  if (!answer.ok) {
    const text = answer.mistakes.map(({ given, message }) => `-fa,--fail ${given}: ${message}`);
    throw new UsageError(text.join("\n"));
  }
  if (session.form === "json") return await printJson(session, answer.report);
  if (session.form === "tsv") await session.write(tsvTable(COLUMNS, answer.report.events));
  else await printReport(session, answer.report, policyLines(spec), options.full);
  return 0;
}

const COLUMNS = [
  column<SimulationEvent>("TIME", ({ atMs }) => clockText(atMs)),
  column<SimulationEvent>("NODE", ({ node }) => node),
  column<SimulationEvent>("ALLOCATION", ({ allocation, id }) => `${allocation} ${id}`.trim()),
  column<SimulationEvent>("MEMBER", ({ member }) => member),
  column<SimulationEvent>("EVENT", ({ type }) => type),
  column<SimulationEvent>("DESCRIPTION", ({ description }) => description),
];

const GROUP_COLUMNS = [
  column<SimulationGroup>("GROUP", ({ group }) => group),
  column<SimulationGroup>("TASKS", ({ tasks }) => tasks),
  column<SimulationGroup>("RESTARTS", ({ restarts }) => restarts),
  column<SimulationGroup>("RESCHEDULES", ({ reschedules }) => reschedules),
  column<SimulationGroup>("REPLACED", ({ replacements }) => replacements),
  column<SimulationGroup>("COMPLETED", ({ completed }) => completed),
  column<SimulationGroup>("GIVEN UP", ({ givenUp }) => givenUp),
  column<SimulationGroup>("DOWNTIME", ({ downtimeMs }) => spanOrNone(downtimeMs)),
  column<SimulationGroup>("LONGEST", ({ longestDowntimeMs }) => spanOrNone(longestDowntimeMs)),
  column<SimulationGroup>("AVAILABILITY", ({ availability }) => percent(availability)),
];

const EVENTS_SHOWN = 40;
/** Without --full the beginning is left out: it says the same of every run. */
const ROUTINE: ReadonlySet<string> = new Set(["First of its task"]);

async function printReport(
  session: Session,
  report: SimulationReport,
  policies: readonly string[],
  isFull: boolean,
): Promise<void> {
  const { jobId, nodes, durationMs, seed, failures, waiting } = report;
  await session.print(`Job "${jobId}" on ${nodes} nodes for ${span(durationMs)}, seed ${seed}`);
  await session.print(`Failures: ${failures.length === 0 ? "none" : failures.join("; ")}`);
  for (const line of policies) await session.print(line);
  const events = isFull
    ? report.events
    : report.events.filter(({ description }) => !ROUTINE.has(description));
  const shown = isFull ? events : events.slice(0, EVENTS_SHOWN);
  await session.print(`\nTimeline\n${boxTable(COLUMNS, shown)}`);
  if (shown.length < events.length) {
    const left = events.length - shown.length;
    await session.print(`... and ${left} more; -fu,--full shows all, with every first placement.`);
  }
  await session.print(`\nGroups\n${boxTable(GROUP_COLUMNS, report.groups)}`);
  if (waiting.length === 0) return;
  await session.print("\nWaiting at the end");
  for (const { task, reasons } of isFull ? waiting : waiting.slice(0, EVENTS_SHOWN)) {
    await session.print(`  ${task}: ${reasons.join(" ")}`);
  }
}

function spanOrNone(durationMs: number | null): string {
  return durationMs === null ? "-" : span(durationMs);
}

/** Down, not up: what was not whole is not 100 %. */
function percent(availability: number | null): string {
  return availability === null ? "-" : `${(Math.floor(availability * 1e6) / 1e4).toFixed(4)}%`;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** `27:03:05.120`: since the job was registered. */
function clockText(atMs: number): string {
  const pad = (value: number, digits = 2) => String(Math.floor(value)).padStart(digits, "0");
  const seconds = `${pad((atMs % MINUTE_MS) / 1_000)}.${pad(atMs % 1_000, 3)}`;
  return `${pad(atMs / HOUR_MS)}:${pad((atMs % HOUR_MS) / MINUTE_MS)}:${seconds}`;
}
