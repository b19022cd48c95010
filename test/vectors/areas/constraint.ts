import type { ConstraintSpec, NodeTraits } from "../../../src/model/placementSpec.ts";
import { meetsConstraints } from "../../../src/placement/constraint.ts";
import { distinctConflict, distinctRules } from "../../../src/placement/distinct.ts";
import { runsDriver } from "../../../src/placement/drivers.ts";
import { JobUsage } from "../../../src/placement/jobUsage.ts";
import { matchOperator } from "../../../src/placement/operators.ts";
import { checkTarget, resolveTarget } from "../../../src/placement/target.ts";
import { validateConstraint } from "../../../src/placement/validation.ts";
import { type AreaDriver, type Mismatch, unknownKind, type Vector } from "../area.ts";
import { compareExpected, type FieldRule, matches } from "../compare.ts";

interface NodeFields {
  readonly id?: string;
  readonly node?: string;
  readonly name?: string;
  readonly datacenter?: string;
  readonly node_class?: string;
  readonly node_pool?: string;
  readonly attributes?: Readonly<Record<string, string>> | null;
  readonly meta?: Readonly<Record<string, string>> | null;
}

interface AllocFields {
  readonly node: string;
  readonly job: string;
  readonly group: string;
  readonly namespace?: string;
  readonly stopping?: boolean;
}

interface ConstraintFields {
  readonly attribute?: string;
  readonly operator?: string;
  readonly value?: string;
}

/** The properties of a node of a case; what it does not say is empty. */
export function traitsOf(node: NodeFields): NodeTraits {
  return {
    id: node.id ?? node.node ?? "",
    name: node.name ?? node.node ?? "",
    datacenter: node.datacenter ?? "",
    nodeClass: node.node_class ?? "",
    pool: node.node_pool ?? "",
    attributes: node.attributes ?? {},
    meta: node.meta ?? {},
  };
}

function constraintOf(fields: ConstraintFields): ConstraintSpec {
  const { attribute = "", operator = "", value = "" } = fields;
  return { attribute, operator, value };
}

/** The live executions of one job. */
function usageOf(
  allocs: readonly AllocFields[],
  isOfJob: (alloc: AllocFields) => boolean,
  nodes: readonly NodeTraits[],
): JobUsage {
  const usage = new JobUsage();
  for (const [index, alloc] of allocs.entries()) {
    const node = nodes.findIndex(({ name }) => name === alloc.node);
    const traits = nodes[node];
    if (traits === undefined) throw new Error(`no node ${alloc.node} in the case`);
    if (isOfJob(alloc) && alloc.stopping !== true) usage.add(index, alloc.group, node, traits);
  }
  return usage;
}

const inAnyOrder: FieldRule = (expected, got) =>
  Array.isArray(expected) && Array.isArray(got) && matches(expected.toSorted(), got.toSorted());

function driveDistinctHosts(vector: Vector): readonly Mismatch[] {
  const { job, group, proposed_allocs, expect } = vector as unknown as {
    readonly job: {
      readonly id: string;
      readonly namespace: string;
      readonly constraints: readonly ConstraintFields[];
      readonly group_constraints: Readonly<Record<string, readonly ConstraintFields[]>>;
    };
    readonly group: string;
    readonly proposed_allocs: readonly AllocFields[];
    readonly expect: unknown;
  };
  const names = [...new Set(proposed_allocs.map((alloc) => alloc.node))];
  const nodes = names.map((node) => traitsOf({ node }));
  const isOfJob = (alloc: AllocFields): boolean =>
    alloc.job === job.id && (alloc.namespace ?? job.namespace) === job.namespace;
  const rules = distinctRules(
    job.constraints.map(constraintOf),
    (job.group_constraints[group] ?? []).map(constraintOf),
  );
  const usage = usageOf(proposed_allocs, isOfJob, nodes);
  const feasible = nodes.filter(
    (traits, node) => distinctConflict(rules, usage, group, node, traits) === null,
  );
  const got = { feasible_nodes: feasible.map(({ name }) => name) };
  return compareExpected(expect, got, { feasible_nodes: inAnyOrder });
}

function driveDistinctProperty(vector: Vector): readonly Mismatch[] {
  const { constraint, nodes, job, group, allocs, expect } = vector as unknown as {
    readonly constraint: ConstraintFields;
    readonly nodes: readonly NodeFields[];
    readonly job: string;
    readonly group: string;
    readonly allocs: readonly AllocFields[];
    readonly expect: unknown;
  };
  const all = nodes.map(traitsOf);
  const rules = distinctRules([constraintOf(constraint)], []);
  const usage = usageOf(allocs, (alloc) => alloc.job === job, all);
  const feasible = all.filter(
    (traits, node) => distinctConflict(rules, usage, group, node, traits) === null,
  );
  const got = { feasible_nodes: feasible.map(({ name }) => name) };
  return compareExpected(expect, got, { feasible_nodes: inAnyOrder });
}

function driveOperator(vector: Vector): readonly Mismatch[] {
  const { operator, left, right, expect } = vector as unknown as {
    readonly operator: string;
    readonly left: string | null;
    readonly right: string | null;
    readonly expect: unknown;
  };
  return compareExpected(expect, { result: matchOperator(operator, left, right) });
}

function driveResolve(vector: Vector): readonly Mismatch[] {
  const { target, node, expect } = vector as unknown as {
    readonly target: string;
    readonly node: NodeFields;
    readonly expect: unknown;
  };
  const value = resolveTarget(target, traitsOf(node));
  return compareExpected(expect, { found: value !== null, value });
}

function driveNodeFeasible(vector: Vector): readonly Mismatch[] {
  const { constraints, node, expect } = vector as unknown as {
    readonly constraints: readonly ConstraintFields[];
    readonly node: NodeFields;
    readonly expect: unknown;
  };
  const feasible = meetsConstraints(constraints.map(constraintOf), traitsOf(node));
  return compareExpected(expect, { feasible });
}

function driveDriverFeasible(vector: Vector): readonly Mismatch[] {
  const { required_drivers, node_drivers, node_attributes, expect } = vector as unknown as {
    readonly required_drivers: readonly string[];
    readonly node_drivers: Readonly<
      Record<string, { readonly detected: boolean; readonly healthy: boolean }>
    > | null;
    readonly node_attributes?: Readonly<Record<string, string>> | null;
    readonly expect: unknown;
  };
  const drivers = Object.fromEntries(
    Object.entries(node_drivers ?? {}).map(([name, facts]) => [
      name,
      { ...facts, description: "" },
    ]),
  );
  const feasible = required_drivers.every((name) =>
    runsDriver(name, drivers, node_attributes ?? {}),
  );
  return compareExpected(expect, { feasible });
}

function driveValidate(vector: Vector): readonly Mismatch[] {
  const { constraint, expect } = vector as unknown as {
    readonly constraint: ConstraintFields;
    readonly expect: unknown;
  };
  const findings = validateConstraint(constraintOf(constraint));
  const errors_include = findings.map(({ code }) => code);
  return compareExpected(expect, { valid: findings.length === 0, errors_include });
}

function driveValidateTarget(vector: Vector): readonly Mismatch[] {
  const { target, expect } = vector as unknown as {
    readonly target: string;
    readonly expect: unknown;
  };
  const finding = checkTarget(target);
  return compareExpected(expect, { valid: finding === null, error: finding?.code ?? null });
}

const KINDS: Readonly<Record<string, AreaDriver>> = {
  operator: driveOperator,
  resolve: driveResolve,
  node_feasible: driveNodeFeasible,
  driver_feasible: driveDriverFeasible,
  distinct_hosts: driveDistinctHosts,
  distinct_property: driveDistinctProperty,
  validate: driveValidate,
  validate_target: driveValidateTarget,
};

export function driveConstraint(vector: Vector): readonly Mismatch[] {
  const drive = KINDS[String(vector["kind"])];
  return drive === undefined ? unknownKind(vector) : drive(vector);
}
