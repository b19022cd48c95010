import type { GroupSpec, MemberSpec } from "../../model/group.ts";
import { GROUP_COUNT_MAX } from "../../model/limits.ts";
import type { Reading } from "../read/reading.ts";
import { portIssues } from "./portRules.ts";
import { rolloutIssues } from "./rolloutRules.ts";
import { volumeIssues } from "./volumeRules.ts";

/** Rules within one group. */
export function groupIssues(group: GroupSpec, path: string, reading: Reading): void {
  if (group.count > GROUP_COUNT_MAX) {
    const message = `Expected a count of at most ${GROUP_COUNT_MAX}, and got ${group.count}.`;
    const fix = "Make several groups or jobs, or add tasks to a batch job.";
    reading.issue({ path: `${path}.count`, code: "count_too_large", message, fix });
  }
  memberNameIssues(group, path, reading);
  roleIssues(group, path, reading);
  portIssues(group, path, reading);
  group.members.forEach((member, index) => {
    const place = `${path}.members[${index}]`;
    logIssues(group, member, place, reading);
  });
  networkIssues(group, path, reading);
  volumeIssues(group, path, reading);
  rolloutIssues(group, path, reading);
}

function memberNameIssues({ name, members }: GroupSpec, path: string, reading: Reading): void {
  if (members.length === 0) {
    const message = `Expected at least one task in the group "${name}" and found none.`;
    reading.issue({ path, code: "tasks_missing", message, fix: 'Write task "NAME" { ... }.' });
  }
  members.forEach((member, index) => {
    if (members.findIndex((other) => other.name === member.name) === index) return;
    const message = `Expected one task "${member.name}" in the group and got another one.`;
    reading.issue({ path: `${path}.members[${index}].name`, code: "task_duplicate", message });
  });
}

function roleIssues({ name, members }: GroupSpec, path: string, reading: Reading): void {
  const leaders = members.filter(({ leader }) => leader);
  if (leaders.length > 1) {
    const names = leaders.map((member) => member.name).join(", ");
    const message = `Expected at most one leader in the group "${name}" and got ${names}.`;
    reading.issue({ path, code: "leader_multiple", message });
  }
  if (members.length > 0 && members.every(({ lifecycle }) => lifecycle !== null)) {
    const message = `All tasks of the group "${name}" have a lifecycle: none is its main one.`;
    reading.issue({ path, code: "main_task_missing", message, severity: "warning" });
  }
}

/** Nomad: the logs of each task must leave room on the disk of the group. */
function logIssues(
  group: GroupSpec,
  { name, logs }: MemberSpec,
  path: string,
  reading: Reading,
): void {
  const wantedMb = logs.disabled ? 0 : logs.maxFiles * logs.maxFileSizeMb;
  const { sizeMb } = group.ephemeralDisk;
  if (wantedMb < sizeMb) return;
  const message = `Expected the logs of task "${name}" (${wantedMb} MB) to fit the ephemeral disk (${sizeMb} MB).`;
  const fix = `Write ephemeral_disk { size = ${wantedMb + 1} } or more in the group, or make logs smaller.`;
  reading.issue({ path: `${path}.logs`, code: "logs_do_not_fit_disk", message, fix });
}

/** Processes on the host have the host's network; only containers can have another. */
function networkIssues({ networks, members }: GroupSpec, path: string, reading: Reading): void {
  if (!reading.refuses) return;
  networks.forEach(({ mode }, index) => {
    const other = members.find(({ driver }) => driver !== "docker");
    if (mode === "host" || other === undefined) return;
    const message = `The network mode ${mode} is for tasks of the driver docker, and "${other.name}" has ${other.driver}.`;
    const fix = 'Write mode = "host", or leave it out.';
    const code = "network_mode_not_supported";
    reading.issue({ path: `${path}.networks[${index}].mode`, code, message, fix });
  });
}
