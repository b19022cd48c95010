import type { NodeNumber } from "../model/id.ts";
import type { ConstraintSpec, NodeTraits } from "../model/placementSpec.ts";
import { parseBoolean } from "./booleanText.ts";
import { constraintLabel } from "./constraint.ts";
import type { JobUsage } from "./jobUsage.ts";
import { resolveTarget } from "./target.ts";

/** A distinct_property: so many executions per value at most. */
export interface DistinctProperty {
  readonly attribute: string;
  /** Null: the value is no count, so that no node is good enough. */
  readonly allowed: number | null;
  /** Whether the other groups of the job count too. */
  readonly isOfJob: boolean;
  readonly label: string;
}

/** The constraints that compare a node with where the job's executions are already. */
export interface DistinctRules {
  readonly hosts: "job" | "group" | null;
  readonly properties: readonly DistinctProperty[];
}

export function distinctRules(
  job: readonly ConstraintSpec[],
  group: readonly ConstraintSpec[],
): DistinctRules {
  const hosts = wantsHosts(job) ? "job" : wantsHosts(group) ? "group" : null;
  return { hosts, properties: [...propertiesOf(job, true), ...propertiesOf(group, false)] };
}

/** On unless its value says no; the first one counts. */
function wantsHosts(constraints: readonly ConstraintSpec[]): boolean {
  const constraint = constraints.find(({ operator }) => operator === "distinct_hosts");
  return constraint !== undefined && parseBoolean(constraint.value) !== false;
}

function propertiesOf(
  constraints: readonly ConstraintSpec[],
  isOfJob: boolean,
): readonly DistinctProperty[] {
  return constraints
    .filter(({ operator }) => operator === "distinct_property")
    .map((spec) => ({
      attribute: spec.attribute,
      allowed: allowedCount(spec.value),
      isOfJob,
      label: constraintLabel(spec),
    }));
}

function allowedCount(value: string): number | null {
  if (value === "") return 1;
  return /^\d{1,15}$/.test(value) ? Number(value) : null;
}

export interface DistinctConflict {
  readonly code: "distinctHosts" | "distinctProperty";
  readonly label: string;
}

const HOSTS_CONFLICT: DistinctConflict = { code: "distinctHosts", label: "distinct_hosts" };

/** What keeps one more execution of the group off the node; null: nothing. */
export function distinctConflict(
  rules: DistinctRules,
  usage: JobUsage,
  group: string,
  node: NodeNumber,
  traits: NodeTraits,
): DistinctConflict | null {
  if (rules.hosts === "job" && usage.isOn(node)) return HOSTS_CONFLICT;
  if (rules.hosts === "group" && usage.countOn(node, group) > 0) return HOSTS_CONFLICT;
  for (const property of rules.properties) {
    const value = property.attribute === "" ? null : resolveTarget(property.attribute, traits);
    const counts = usage.byProperty(property.attribute, property.isOfJob ? null : group);
    const isFree =
      value !== null && property.allowed !== null && (counts.get(value) ?? 0) < property.allowed;
    if (!isFree) return { code: "distinctProperty", label: property.label };
  }
  return null;
}
