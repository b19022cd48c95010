import type { AllocationStub, GroupsStatus } from "../../protocol/api/answer/group.ts";
import type { Job } from "../../protocol/api/answer/job.ts";
import { printable, second } from "../output/cell.ts";
import { column } from "../output/list.ts";
import { type Part, tablePart } from "../output/parts.ts";
import { relativeTime, type TimeForm, whenText } from "../output/relative.ts";
import { shortId } from "../output/shortId.ts";
import type { Field } from "../output/view.ts";
import { deploymentParts } from "./deployment.ts";
import { jobStatus } from "./statusList.ts";
import { storyFields } from "./story.ts";

/** What `stint job status ID` tells of a job of groups. */
export interface GroupsReport {
  readonly status: GroupsStatus;
  readonly allocations: readonly AllocationStub[];
  /** Of a periodic or parameterized job. */
  readonly children: readonly Job[];
}

type Summary = GroupsStatus["summary"][number];
type Waiting = GroupsStatus["waiting"][number];

const SUMMARY_COLUMNS = [
  column<Summary>("Task Group", ({ group }) => group),
  column<Summary>("Queued", ({ queued }) => queued),
  column<Summary>("Starting", ({ starting }) => starting),
  column<Summary>("Running", ({ running }) => running),
  column<Summary>("Failed", ({ failed }) => failed),
  column<Summary>("Complete", ({ complete }) => complete),
  column<Summary>("Lost", ({ lost }) => lost),
  column<Summary>("Unknown", ({ unknown }) => unknown),
];

const CHILD_COLUMNS = [column<Job>("ID", ({ id }) => id), column<Job>("Status", jobStatus)];

/** The parts of a job's status, in Nomad's order and words. */
export function groupsParts(report: GroupsReport, form: TimeForm): Part[] {
  const { status, allocations } = report;
  const { deployment, waiting } = status;
  return [
    { title: "", fields: headerFields(status, form) },
    ...summaryParts(report),
    ...placementFailures(waiting),
    ...(deployment === undefined ? [] : deploymentParts(deployment, status, form.isVerbose)),
    ...futureAttempts(waiting, form),
    ...decisions(status, form),
    ...(status.children === undefined ? allocationParts(allocations, form) : []),
  ];
}

function headerFields(status: GroupsStatus, { isVerbose, now }: TimeForm): Field[] {
  const { nextLaunchTime, parentJobId } = status;
  const next: Field[] =
    nextLaunchTime === undefined ? [] : [["Next Periodic Launch", whenText(nextLaunchTime, now)]];
  const more: Field[] = [
    ["Region", status.region],
    ["Version", status.version],
    ["Stable", status.stable],
  ];
  return [
    ["ID", status.jobId],
    ["Name", status.name],
    ["Submit Date", second(status.submitTime)],
    ["Type", status.type],
    ["Priority", status.priority],
    ["Datacenters", status.datacenters.join(",")],
    ["Namespace", status.namespace],
    ["Node Pool", status.poolId],
    ["Status", status.isStopped ? `${status.status} (stopped)` : status.status],
    ["Periodic", status.periodic],
    ["Parameterized", status.parameterized],
    ...next,
    ...(status.deployment === undefined ? storyFields(status) : []),
    ...(parentJobId === undefined ? [] : [["Parent Job", parentJobId] as const]),
    ...(isVerbose ? more : []),
  ];
}

function summaryParts({ status, children }: GroupsReport): Part[] {
  if (status.children === undefined) {
    return [tablePart("Summary", SUMMARY_COLUMNS, status.summary)];
  }
  const { pending, running, dead } = status.children;
  const head = ["Pending", "Running", "Dead"];
  const title = status.periodic ? "Previously Launched Jobs" : "Dispatched Jobs";
  return [
    { title: "Children Job Summary", head, rows: [[pending, running, dead]] },
    ...(children.length === 0 ? [] : [tablePart(title, CHILD_COLUMNS, children)]),
  ];
}

/** Tasks of one group that wait for the same reasons are told of once. */
function placementFailures(waiting: readonly Waiting[]): Part[] {
  const counts = new Map<string, { group: string; reasons: readonly string[]; count: number }>();
  for (const { group, reasons } of waiting.filter((one) => one.reasons.length > 0)) {
    const key = JSON.stringify([group, reasons]);
    const found = counts.get(key) ?? { group, reasons, count: 0 };
    counts.set(key, { ...found, count: found.count + 1 });
  }
  const lines = [...counts.values()].flatMap(({ group, reasons, count }) => [
    `Task Group "${group}" (failed to place ${count} allocation${count === 1 ? "" : "s"}):`,
    ...reasons.map((reason) => `  * ${printable(reason)}`),
  ]);
  return lines.length === 0 ? [] : [{ title: "Placement Failure", lines }];
}

function futureAttempts(waiting: readonly Waiting[], { now }: TimeForm): Part[] {
  const due = waiting.filter(({ actsAt }) => actsAt !== undefined);
  if (due.length === 0) return [];
  const columns = [
    column<Waiting>("Task Group", ({ group }) => group),
    column<Waiting>("Reschedule Policy", ({ policy }) => policy),
    column<Waiting>("Task", waitingName),
    column<Waiting>("When", ({ actsAt = "" }) => relativeTime(actsAt, now)),
  ];
  return [tablePart("Future Rescheduling Attempts", columns, due)];
}

/** A canary is beside the execution of the task whose name it has. */
export function waitingName({ taskId, canary }: Pick<Waiting, "taskId" | "canary">): string {
  return canary ? `canary of ${taskId}` : taskId;
}

/** For each that waits or was given up: its policy, what was decided about it, why, and when it acts next. */
function decisions({ waiting, restarts }: GroupsStatus, form: TimeForm): Part[] {
  const { now, isVerbose } = form;
  const lines = [
    ...waiting.flatMap((one) => decisionLines(one, placedName(one), nextText(one, now))),
    ...restarts.flatMap((one) => {
      const { member, allocation, actsAt } = one;
      const name = `${member} of ${placedName(one)}, allocation ${shortId(allocation, isVerbose)}`;
      const next = actsAt === undefined ? "when that is there" : whenText(actsAt, now);
      return decisionLines(one, name, next);
    }),
  ];
  return lines.length === 0 ? [] : [{ title: "Decisions", lines }];
}

function decisionLines(
  { group, policy, decision }: Pick<Waiting, "group" | "policy" | "decision">,
  name: string,
  next: string,
): string[] {
  return [
    `Task Group "${group}", ${name}:`,
    `  Policy   = ${policy}`,
    `  Decision = ${printable(decision)}`,
    `  Next     = ${next}`,
  ];
}

function placedName(one: Pick<Waiting, "taskId" | "canary">): string {
  return `${one.canary ? "" : "task "}${waitingName(one)}`;
}

function nextText({ actsAt, isGivenUp, isHeld, reasons }: Waiting, now: number): string {
  if (actsAt !== undefined) return whenText(actsAt, now);
  if (isGivenUp) return "nothing by itself: it was given up";
  if (isHeld) return "when the job is enabled";
  return reasons.length > 0 ? "when a node can take it" : "when the scheduler comes to it";
}

function allocationParts(allocations: readonly AllocationStub[], form: TimeForm): Part[] {
  const { isVerbose, now } = form;
  const title = "Allocations";
  if (allocations.length === 0) return [{ title, lines: ["No allocations placed"] }];
  const timeOf = (iso: string) => (isVerbose ? second(iso) : relativeTime(iso, now));
  const columns = [
    column<AllocationStub>("ID", ({ id }) => shortId(id, isVerbose)),
    ...(isVerbose ? [column<AllocationStub>("Name", ({ name }) => name)] : []),
    column<AllocationStub>("Node ID", ({ nodeId }) => nodeId),
    column<AllocationStub>("Task Group", ({ group }) => group),
    column<AllocationStub>("Version", ({ version }) => version),
    ...(allocations.some(({ canary }) => canary)
      ? [column<AllocationStub>("Canary", ({ canary }) => canary)]
      : []),
    column<AllocationStub>("Desired", ({ desired }) => desired),
    column<AllocationStub>("Status", ({ status }) => status),
    column<AllocationStub>("Created", ({ createTime }) => timeOf(createTime)),
    column<AllocationStub>("Modified", ({ modifyTime }) => timeOf(modifyTime)),
  ];
  return [tablePart(title, columns, allocations)];
}
