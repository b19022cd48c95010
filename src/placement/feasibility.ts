import { foldId } from "../model/id.ts";
import type { Candidate } from "./candidate.ts";
import { distinctConflict } from "./distinct.ts";
import { runsDriver } from "./drivers.ts";
import type { Exclusion } from "./exclusion.ts";
import { matchesGlob } from "./glob.ts";
import type { PlacementPlan } from "./plan.ts";
import { portShortage } from "./ports.ts";
import type { PlacementRequest } from "./request.ts";
import { addResources, exceededDimension, type Resources, resourcesOn } from "./resources.ts";
import { MISSING_VOLUMES, offersVolume } from "./volumes.ts";

/** Kinds of nodes that a plan remembers: with more than a large fleet has, most of them are gone. */
const KINDS_MAX = 20_000;

/** What makes the node unfit for the group, whatever runs there; null: nothing. */
export function kindExclusion(plan: PlacementPlan, candidate: Candidate): Exclusion | null {
  const { kind } = candidate;
  const known = plan.verdicts.get(kind);
  if (known !== undefined) return known;
  const verdict = findKindExclusion(plan, candidate);
  if (plan.verdicts.size >= KINDS_MAX) plan.verdicts.clear();
  plan.verdicts.set(kind, verdict);
  return verdict;
}

function findKindExclusion(
  plan: PlacementPlan,
  { traits, drivers, hostVolumes }: Candidate,
): Exclusion | null {
  if (plan.pool !== null && foldId(plan.pool) !== foldId(traits.pool)) {
    return { code: "pool", label: traits.pool };
  }
  if (!plan.datacenters.some((glob) => matchesGlob(glob, traits.datacenter))) {
    return { code: "datacenter", label: traits.datacenter };
  }
  for (const driver of plan.drivers) {
    if (!runsDriver(driver, drivers, traits.attributes)) {
      return { code: "driver", label: `missing driver ${driver}` };
    }
  }
  const broken = plan.kindConstraints.find((constraint) => !constraint.holds(traits));
  if (broken !== undefined) return { code: "constraint", label: broken.label };
  const hasAll = plan.volumes.shared.every((volume) => offersVolume(hostVolumes, volume, 0));
  return hasAll ? null : MISSING_VOLUMES;
}

/** What keeps the node from being one that the group may run on; null: nothing. Room is not looked at. */
export function feasibilityExclusion(
  { plan, usage, index }: Pick<PlacementRequest, "plan" | "usage" | "index">,
  candidate: Candidate,
): Exclusion | null {
  const unfit = kindExclusion(plan, candidate);
  if (unfit !== null) return unfit;
  const { node, traits, hostVolumes } = candidate;
  const hasOwn = plan.volumes.perAlloc.every((volume) => offersVolume(hostVolumes, volume, index));
  if (!hasOwn) return MISSING_VOLUMES;
  const broken = plan.nodeConstraints.find((constraint) => !constraint.holds(traits));
  if (broken !== undefined) return { code: "constraint", label: broken.label };
  return distinctConflict(plan.distinct, usage, plan.group.name, node, traits);
}

/** What the node's executions would use with one more of the group. */
export function usedWith(plan: PlacementPlan, candidate: Candidate): Resources {
  return addResources(candidate.used, resourcesOn(plan.needed, candidate.offered));
}

/** What there is not enough of; null: there is room. */
export function roomExclusion(plan: PlacementPlan, candidate: Candidate): Exclusion | null {
  const shortage = portShortage(plan.ports, candidate.usedPorts);
  if (shortage !== null) {
    const what =
      shortage.kind === "taken"
        ? `reserved port collision ${shortage.label}=${shortage.port}`
        : "no dynamic port free";
    return { code: "ports", label: `network: ${what}` };
  }
  const dimension = exceededDimension(usedWith(plan, candidate), candidate.offered);
  return dimension === null ? null : { code: dimension, label: dimension };
}
