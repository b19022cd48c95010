import type { Allocation } from "../../protocol/api/answer/group.ts";
import { type Cell, second } from "../output/cell.ts";
import { column } from "../output/list.ts";
import { type Part, tablePart } from "../output/parts.ts";
import { relativeTime, type TimeForm, whenText } from "../output/relative.ts";
import { shortId } from "../output/shortId.ts";
import type { Field } from "../output/view.ts";
import { memberParts } from "./memberParts.ts";
import { portAddress } from "./portAddress.ts";

type Port = Allocation["ports"][number];
type Check = Allocation["checks"][number];
type Score = Allocation["scores"][number];
type Attempt = Allocation["rescheduled"][number];

/** The parts of an allocation's status, in Nomad's order and words. */
export function allocationParts(allocation: Allocation, form: TimeForm): Part[] {
  const { checks, members, scores } = allocation;
  return [
    { title: "", fields: headerFields(allocation, form) },
    ...addressParts(allocation),
    ...(checks.length === 0 ? [] : [tablePart("Service Checks", CHECK_COLUMNS, checks)]),
    ...failingChecks(checks),
    ...members.flatMap((member) => memberParts(member, allocation, form)),
    ...attemptParts(allocation, form),
    ...(form.isVerbose && scores.length > 0 ? [placementPart(scores)] : []),
  ];
}

type Member = Allocation["members"][number];

const MEMBER_COLUMNS = [
  column<Member>("Name", ({ name }) => name),
  column<Member>("State", ({ state, failed }) => (failed ? `${state} (failed)` : state)),
  column<Member>("Last Event", ({ events }) => events.at(-1)?.type),
  column<Member>("Time", ({ events }) => second(events.at(-1)?.time)),
];

/** What an allocation is, and the last event of each of its tasks. */
export function shortAllocationParts(allocation: Allocation, form: TimeForm): Part[] {
  return [
    { title: "", fields: headerFields(allocation, form) },
    tablePart("Tasks", MEMBER_COLUMNS, allocation.members),
  ];
}

function headerFields(allocation: Allocation, form: TimeForm): Field[] {
  const { isVerbose, now } = form;
  const timeOf = (iso: string) => (isVerbose ? second(iso) : relativeTime(iso, now));
  return [
    ["ID", shortId(allocation.id, isVerbose)],
    ["Name", allocation.name],
    ["Node ID", allocation.nodeId],
    ...(isVerbose ? [["Node GUID", allocation.nodeGuid] as const] : []),
    ["Datacenter", allocation.datacenter],
    ["Job ID", allocation.jobId],
    ["Job Version", allocation.version],
    ["Client Status", allocation.status],
    ...descriptionFields(allocation),
    ["Created", timeOf(allocation.createTime)],
    ["Modified", timeOf(allocation.modifyTime)],
    ...deploymentFields(allocation),
    ...rescheduleFields(allocation, form),
  ];
}

const CLIENT_DESCRIPTIONS: Readonly<Record<Allocation["status"], string>> = {
  pending: "No tasks have started",
  running: "Tasks are running",
  complete: "All tasks have completed",
  failed: "Failed tasks",
  lost: "alloc is lost since its node is down",
  unknown: "alloc is unknown since its node is disconnected",
};

/** What the server says about one that is to stop, is why. */
function descriptionFields({ status, desired, description }: Allocation): Field[] {
  const isToStop = desired === "stop";
  const client = isToStop || description === "" ? CLIENT_DESCRIPTIONS[status] : description;
  return [
    ["Client Description", client],
    ["Desired Status", desired],
    ["Desired Description", isToStop && description !== "" ? description : "<none>"],
  ];
}

function deploymentFields({ deploymentId, health, canary }: Allocation): Field[] {
  const { healthy, reason } = health ?? {};
  const text = healthy === true ? "healthy" : "unhealthy";
  const fields: readonly (readonly [string, Cell])[] = [
    ["Deployment ID", deploymentId],
    ["Deployment Health", health && (reason === undefined ? text : `${text}: ${reason}`)],
    ["Canary", canary || undefined],
  ];
  return fields.filter(([, value]) => value !== undefined);
}

/** Policy, what was decided, and when it acts next, of what failed or waits. */
function rescheduleFields(allocation: Allocation, { isVerbose, now }: TimeForm): Field[] {
  const { rescheduleAttempts: done, rescheduleAttemptsMax: most } = allocation;
  const { previousAllocation, nextAllocation, reschedulePolicy, decision, actsAt } = allocation;
  const fields: readonly (readonly [string, Cell])[] = [
    ["Reschedule Attempts", most === undefined ? done : `${done}/${most}`],
    ["Reschedule Policy", reschedulePolicy],
    ["Replacement Alloc ID", nextAllocation && shortId(nextAllocation, isVerbose)],
    ["Previous Alloc ID", previousAllocation && shortId(previousAllocation, isVerbose)],
    ["Decision", decision],
    ["Reschedule Eligibility", actsAt && whenText(actsAt, now)],
  ];
  return fields.filter(([, value]) => value !== undefined);
}

const PORT_COLUMNS = [
  column<Port>("Label", ({ label }) => label),
  column<Port>("Dynamic", ({ dynamic }) => (dynamic ? "yes" : "no")),
  column<Port>("Address", portAddress),
];

function addressParts({ ports }: Allocation): Part[] {
  return ports.length === 0 ? [] : [tablePart("Allocation Addresses", PORT_COLUMNS, ports)];
}

const CHECK_COLUMNS = [
  column<Check>("Service", ({ service }) => service),
  column<Check>("Task", ({ member }) => member ?? "(group)"),
  column<Check>("Name", ({ check }) => check),
  column<Check>("Mode", ({ mode = "healthiness" }) => mode),
  column<Check>("Status", ({ status }) => status),
];

const PASSING = ["passing", "success"];

/** What a check that does not pass has said last. */
function failingChecks(checks: readonly Check[]): Part[] {
  const lines = checks
    .filter(({ status, output }) => !PASSING.includes(status) && output !== "")
    .map(({ service, check, output }) => `${service} ${check}: ${output.replaceAll("\n", " ")}`);
  return lines.length === 0 ? [] : [{ title: "Check Output", lines }];
}

function attemptParts({ rescheduled }: Allocation, { isVerbose }: TimeForm): Part[] {
  if (rescheduled.length === 0) return [];
  const columns = [
    column<Attempt>("Time", ({ time }) => second(time)),
    column<Attempt>("Alloc ID", ({ allocation }) => shortId(allocation, isVerbose)),
    column<Attempt>("Node ID", ({ nodeId }) => nodeId),
    column<Attempt>("Delay", ({ delayMs }) => `${delayMs / 1000}s`),
  ];
  return [tablePart("Reschedule History", columns, rescheduled)];
}

/** A column for each score that any node has. */
function placementPart(scores: readonly Score[]): Part {
  const names = [...new Set(scores.flatMap((one) => Object.keys(one.scores)))].sort();
  const columns = [
    column<Score>("Node", ({ nodeId }) => nodeId),
    ...names.map((name) => column<Score>(name, (one) => scoreText(one.scores[name] ?? 0))),
    column<Score>("final score", ({ final }) => scoreText(final)),
  ];
  return tablePart("Placement Metrics", columns, scores);
}

/** As Go's %.3g writes it. */
function scoreText(score: number): string {
  return String(Number(score.toPrecision(3)));
}
