import type { GroupSpec, MemberSpec, ParameterizedSpec, PeriodicSpec } from "../../model/group.ts";
import { foldId } from "../../model/id.ts";
import type { GroupJobSpec } from "../decode/jobs.ts";
import type { Reading } from "../read/reading.ts";
import { groupIssues } from "./groupRules.ts";
import { perAllocIssues } from "./volumeRules.ts";

/** What a caller knows of the expressions of schedules. */
export interface CronCheck {
  /** What is wrong with one, without a full stop; null: nothing. */
  readonly expression: (cron: string) => string | null;
  readonly isTimeZone: (name: string) => boolean;
}

const ID_MAX_BYTES = 256;
const ENCODER = new TextEncoder();

/** Rules that look at several parts of a job at once; those on single values are in the table. */
export function jobIssues(spec: GroupJobSpec, cronCheck: CronCheck | null, reading: Reading): void {
  idIssues(spec.id, reading);
  const { name, region, namespace } = spec.groups;
  for (const [field, value] of Object.entries({ name, region, namespace })) {
    if (value !== "") continue;
    reading.issue({
      path: field,
      code: `${field}_missing`,
      message: `Expected a ${field} of the job.`,
    });
  }
  datacenterIssues(spec, reading);
  allGroupIssues(spec, reading);
  periodicIssues(spec, cronCheck, reading);
  payloadIssues(spec, reading);
}

function idIssues(id: string, reading: Reading): void {
  const tell = (code: string, message: string, fix: string) =>
    reading.issue({ path: "id", code, message, fix });
  if (id === "") tell("id_missing", "Expected an id of the job.", 'Write job "ID" { ... }.');
  if (/\s/.test(id)) {
    tell(
      "id_has_space",
      `Expected the id of the job without spaces and got "${id}".`,
      "Write - instead.",
    );
  }
  if (id.includes("\0"))
    tell("id_has_null", "Expected the id of the job to be text.", "Change it.");
  if (ENCODER.encode(id).length > ID_MAX_BYTES) {
    tell(
      "id_too_long",
      `Expected the id of the job to have at most ${ID_MAX_BYTES} bytes.`,
      "Shorten it.",
    );
  }
}

function datacenterIssues({ groups: { datacenters } }: GroupJobSpec, reading: Reading): void {
  const path = "datacenters";
  if (datacenters.length === 0) {
    const message = "Expected at least one datacenter and got an empty list.";
    reading.issue({ path, code: "datacenters_missing", message, fix: 'Write ["*"] for all.' });
  }
  if (datacenters.includes("")) {
    const message = "Expected names of datacenters and got an empty one.";
    reading.issue({ path, code: "datacenter_empty", message, fix: "Remove it." });
  }
}

function allGroupIssues({ type, groups: { groups } }: GroupJobSpec, reading: Reading): void {
  if (groups.length === 0) {
    const message = "Expected at least one group in the job and found none.";
    reading.issue({
      path: "",
      code: "groups_missing",
      message,
      fix: 'Write group "NAME" { ... }.',
    });
  }
  groups.forEach((group, index) => {
    const path = `groups[${index}]`;
    if (groups.findIndex(({ name }) => foldId(name) === foldId(group.name)) < index) {
      const message = `Expected one group "${group.name}" and got another one.`;
      reading.issue({ path: `${path}.name`, code: "group_duplicate", message });
    }
    typeIssues(group, type, path, reading);
    groupIssues(group, path, reading);
    perAllocIssues(group, type, path, reading);
  });
  autoPromoteDoubt(groups, reading);
}

/** Nomad: a deployment is promoted by itself as a whole, or by hand. */
function autoPromoteDoubt(groups: readonly GroupSpec[], reading: Reading): void {
  const withCanaries = groups.filter(({ update }) => (update?.canary ?? 0) > 0);
  if (!withCanaries.some(({ update }) => update?.autoPromote === true)) return;
  groups.forEach((group, index) => {
    if (!withCanaries.includes(group) || group.update?.autoPromote === true) return;
    const message = `The group "${group.name}" has canaries without auto_promote: no group of the job is promoted by itself.`;
    const fix = "Write auto_promote = true in each group with canaries.";
    const path = `groups[${index}].update`;
    reading.issue({ path, code: "auto_promote_not_in_all", message, fix, severity: "warning" });
  });
}

function typeIssues(group: GroupSpec, type: string, path: string, reading: Reading): void {
  const runsToEnd = type === "batch" || type === "sysbatch";
  if (group.maxRunDurationMs !== null && !runsToEnd) {
    const message = `max_run_duration is for jobs of type batch and sysbatch, and this one is of type ${type}.`;
    const code = "max_run_duration_job_type";
    reading.issue({ path: `${path}.max_run_duration`, code, message, fix: "Remove it." });
  }
  if ((type === "system" || type === "sysbatch") && group.count > 1) {
    const message = `A job of type ${type} runs once on each node: expected count to be at most 1 and got ${group.count}.`;
    reading.issue({
      path: `${path}.count`,
      code: "system_count",
      message,
      fix: "Write 1, or leave it out.",
    });
  }
}

function periodicIssues(spec: GroupJobSpec, cronCheck: CronCheck | null, reading: Reading): void {
  const { periodic, parameterized } = spec.groups;
  if (periodic === null) return;
  if (parameterized !== null) {
    const message = "Expected a job to be either periodic or parameterized and got both.";
    reading.issue({ path: "parameterized", code: "periodic_and_parameterized", message });
  }
  if (cronCheck !== null) cronIssues(periodic, cronCheck, reading);
}

function cronIssues({ crons, timeZone }: PeriodicSpec, check: CronCheck, reading: Reading): void {
  for (const [index, cron] of crons.entries()) {
    const wrong = cron === "" ? null : check.expression(cron);
    if (wrong === null) continue;
    const message = `Expected a cron expression and got "${cron}": ${wrong}.`;
    const fix =
      'Write five fields, as "*/15 * * * *", six with the year last, or seven with the seconds first too.';
    const path = `periodic.crons[${index}]`;
    reading.issue({ path, code: "periodic_cron_invalid", message, fix });
  }
  if (check.isTimeZone(timeZone)) return;
  const message = `Expected the name of a time zone and got "${timeZone}".`;
  const fix = 'Write a name of the IANA list, as "Europe/Berlin", or "UTC".';
  reading.issue({ path: "periodic.timeZone", code: "periodic_time_zone_invalid", message, fix });
}

function payloadIssues(
  { groups: { groups, parameterized } }: GroupJobSpec,
  reading: Reading,
): void {
  groups.forEach((group, at) => {
    group.members.forEach((member, index) => {
      const reason = payloadDoubt(member, parameterized);
      if (reason === null) return;
      const path = `groups[${at}].members[${index}].dispatchPayloadFile`;
      const code = "dispatch_payload_unused";
      reading.issue({ path, code, message: reason, severity: "warning" });
    });
  });
}

function payloadDoubt(member: MemberSpec, parameterized: ParameterizedSpec | null): string | null {
  if (member.dispatchPayloadFile === null) return null;
  if (parameterized === null) return "The job is not parameterized, so there is never a payload.";
  return parameterized.payload === "forbidden"
    ? "The job forbids payloads, so there is none."
    : null;
}
