import type { ConstraintSpec, NodeTraits } from "../model/placementSpec.ts";
import { matcherOf } from "./operators.ts";
import { isTarget, isUniqueTarget, resolveTarget } from "./target.ts";

/** A constraint or affinity, ready to be asked of many nodes. */
export interface PreparedConstraint {
  readonly spec: ConstraintSpec;
  /** As people know it: `${attr.kernel.name} = linux`. */
  readonly label: string;
  /** Whether nodes of one kind may answer differently. */
  readonly isUnique: boolean;
  readonly holds: (traits: NodeTraits) => boolean;
}

export function constraintLabel(spec: ConstraintSpec): string {
  return [spec.attribute, spec.operator, spec.value].filter((part) => part !== "").join(" ");
}

export function prepareConstraint(spec: ConstraintSpec): PreparedConstraint {
  const { attribute, operator, value } = spec;
  const literal = isTarget(value) ? null : matcherOf(operator, value);
  return {
    spec,
    label: constraintLabel(spec),
    isUnique: isUniqueTarget(attribute) || isUniqueTarget(value),
    holds: (traits) => {
      const matcher = literal ?? matcherOf(operator, resolveTarget(value, traits));
      return matcher(resolveTarget(attribute, traits));
    },
  };
}

/** Whether a node meets all constraints that are about itself alone (not distinct_hosts, distinct_property). */
export function meetsConstraints(
  constraints: readonly ConstraintSpec[],
  traits: NodeTraits,
): boolean {
  return constraints.every((constraint) => prepareConstraint(constraint).holds(traits));
}
