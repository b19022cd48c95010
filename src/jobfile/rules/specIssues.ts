import type { GroupSpec, MemberSpec, ServiceSpec } from "../../model/group.ts";
import type { GroupJobType } from "../../model/groupDefaults.ts";
import type {
  CheckRestart,
  DisconnectPolicy,
  ReschedulePolicy,
  RestartPolicy,
} from "../../model/groupPolicy.ts";
import type { AffinitySpec, ConstraintSpec, SpreadSpec } from "../../model/placementSpec.ts";
import type { GroupJobSpec } from "../decode/jobs.ts";
import type { SpecIssue } from "../read/reading.ts";

/** What a validator of another part says; where, is known here. */
export interface Fault {
  readonly code: string;
  readonly message: string;
}

type Validate<T> = (value: T) => readonly Fault[];

/**
 * Rules that belong to policies and placement, which job files may not import: who calls this passes them
 * (`validateRestart` and the like).
 */
export interface SpecValidators {
  readonly restart: Validate<RestartPolicy>;
  readonly reschedule: Validate<ReschedulePolicy>;
  readonly disconnect: (jobType: GroupJobType, policy: DisconnectPolicy) => readonly Fault[];
  readonly checkRestart: Validate<CheckRestart>;
  readonly constraint: (
    constraint: ConstraintSpec,
    level: "job" | "group" | "member",
  ) => readonly Fault[];
  readonly affinity: Validate<AffinitySpec>;
  readonly spread: Validate<SpreadSpec>;
}

/** Everything that the validators say about a job, each with its place in the spec. */
export function specIssues(spec: GroupJobSpec, validators: SpecValidators): readonly SpecIssue[] {
  const { groups } = spec;
  const jobType = spec.type === "fleet" ? "batch" : spec.type;
  return [
    ...wishIssues(groups, "", "job", validators),
    ...each(groups.spreads, "spreads", validators.spread),
    ...groups.groups.flatMap((group, index) =>
      groupIssues(group, `groups[${index}]`, jobType, validators),
    ),
  ];
}

function placed(faults: readonly Fault[], path: string): SpecIssue[] {
  return faults.map(({ code, message }) => ({ path, code, message: sentence(message) }));
}

/** Other parts write their messages to be put behind something. */
function sentence(message: string): string {
  const text = message.slice(0, 1).toUpperCase() + message.slice(1);
  return text.endsWith(".") ? text : `${text}.`;
}

function each<T>(values: readonly T[], path: string, validate: Validate<T>): SpecIssue[] {
  return values.flatMap((value, index) => placed(validate(value), `${path}[${index}]`));
}

interface Wishes {
  readonly constraints: readonly ConstraintSpec[];
  readonly affinities: readonly AffinitySpec[];
}

function wishIssues(
  { constraints, affinities }: Wishes,
  path: string,
  level: "job" | "group" | "member",
  validators: SpecValidators,
): SpecIssue[] {
  return [
    ...each(constraints, `${path}constraints`, (value) => validators.constraint(value, level)),
    ...each(affinities, `${path}affinities`, validators.affinity),
  ];
}

function groupIssues(
  group: GroupSpec,
  path: string,
  jobType: GroupJobType,
  validators: SpecValidators,
): SpecIssue[] {
  const { reschedule } = group;
  return [
    ...wishIssues(group, `${path}.`, "group", validators),
    ...each(group.spreads, `${path}.spreads`, validators.spread),
    ...placed(validators.restart(group.restart), `${path}.restart`),
    ...placed(reschedule === null ? [] : validators.reschedule(reschedule), `${path}.reschedule`),
    ...placed(validators.disconnect(jobType, group.disconnect), `${path}.disconnect`),
    ...serviceIssues(group.services, `${path}.services`, validators),
    ...group.members.flatMap((member, index) =>
      memberIssues(member, group, `${path}.members[${index}]`, validators),
    ),
  ];
}

function memberIssues(
  member: MemberSpec,
  group: GroupSpec,
  path: string,
  validators: SpecValidators,
): SpecIssue[] {
  // One that writes nothing of its own has its group's, of which was told already.
  const own = member.restart === group.restart ? [] : validators.restart(member.restart);
  return [
    ...wishIssues(member, `${path}.`, "member", validators),
    ...placed(own, `${path}.restart`),
    ...serviceIssues(member.services, `${path}.services`, validators),
  ];
}

function serviceIssues(
  services: readonly ServiceSpec[],
  path: string,
  validators: SpecValidators,
): SpecIssue[] {
  return services.flatMap(({ checks }, at) =>
    checks.flatMap(({ checkRestart }, index) => {
      const faults = checkRestart === null ? [] : validators.checkRestart(checkRestart);
      return placed(faults, `${path}[${at}].checks[${index}]`);
    }),
  );
}
