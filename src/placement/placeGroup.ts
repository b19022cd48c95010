import type { AssignedPort } from "../model/allocation.ts";
import type { NodeNumber } from "../model/id.ts";
import type { Candidate } from "./candidate.ts";
import { limitOptions, scanLimit, shuffled } from "./candidates.ts";
import type { Exclusion } from "./exclusion.ts";
import { feasibilityExclusion, roomExclusion } from "./feasibility.ts";
import { MetricsCollector, type PlacementMetrics } from "./metrics.ts";
import { assignPorts } from "./ports.ts";
import type { PlacementRequest } from "./request.ts";
import { type Option, Scorer } from "./scorer.ts";
import type { NodeScore } from "./scores.ts";

export interface Placed {
  readonly kind: "placed";
  readonly node: NodeNumber;
  readonly ports: readonly AssignedPort[];
  readonly score: NodeScore;
  readonly metrics: PlacementMetrics;
}

export interface Nowhere {
  readonly kind: "nowhere";
  /** With every candidate in one of its counts. */
  readonly metrics: PlacementMetrics;
}

export type Placement = Placed | Nowhere;

/**
 * Finds the best of a few random nodes for one more execution of a group. Nothing is changed: the caller adds what was
 * placed to the node's use and to the job's. `random` gives at least 0 and less than 1.
 */
export function placeGroup(
  request: PlacementRequest,
  candidates: readonly Candidate[],
  random: () => number,
): Placement {
  const { plan, preferred = [] } = request;
  if (preferred.length > 0) {
    const placement = placeAmong(request, preferred, preferred.length, random);
    if (placement.kind === "placed") return placement;
  }
  const hasPreferences = plan.affinities.length > 0 || plan.spreads.length > 0;
  const limit = scanLimit(plan.type, candidates.length, hasPreferences, plan.group.count);
  return placeAmong(request, candidates, limit, random);
}

function placeAmong(
  request: PlacementRequest,
  candidates: readonly Candidate[],
  limit: number,
  random: () => number,
): Placement {
  const metrics = new MetricsCollector();
  const options = optionsAmong(request, shuffled(candidates, random), metrics);
  let best: Option | null = null;
  for (const option of limitOptions(options, ({ score }) => score.final, limit)) {
    if (best === null || option.score.final > best.score.final) best = option;
  }
  return best === null
    ? { kind: "nowhere", metrics: metrics.result() }
    : placedOn(request, best, metrics, random);
}

/** The nodes that can take it, scored; lazily, so that no more are looked at than are asked for. */
function* optionsAmong(
  request: PlacementRequest,
  candidates: Iterable<Candidate>,
  metrics: MetricsCollector,
): Generator<Option> {
  const scorer = new Scorer(request);
  for (const candidate of candidates) {
    const exclusion = exclusionOf(request, candidate);
    if (exclusion === null) {
      const score = scorer.score(candidate);
      metrics.scored(candidate.node, score);
      yield { candidate, score };
    } else {
      metrics.excluded(candidate, exclusion);
    }
  }
}

/** What keeps the node from taking one more execution now; null: nothing. */
export function exclusionOf(request: PlacementRequest, candidate: Candidate): Exclusion | null {
  return feasibilityExclusion(request, candidate) ?? roomExclusion(request.plan, candidate);
}

function placedOn(
  request: PlacementRequest,
  { candidate, score }: Option,
  metrics: MetricsCollector,
  random: () => number,
): Placed {
  const { networks } = request.plan.group;
  const ports = assignPorts(networks, candidate.usedPorts, candidate.ipAddress, random);
  if (ports === null)
    throw new Error(`ports of node ${candidate.node} were free, now they are not`);
  return { kind: "placed", node: candidate.node, ports, score, metrics: metrics.result() };
}

/** Places on one given node, as system jobs do. */
export function placeOn(
  request: PlacementRequest,
  candidate: Candidate,
  random: () => number,
): Placement {
  return placeAmong(request, [candidate], 1, random);
}

/** Nodes that the group may run on, be there room or not: where a system job wants to be. */
export function feasibleNodes(
  request: Pick<PlacementRequest, "plan" | "usage" | "index">,
  candidates: readonly Candidate[],
): {
  readonly feasible: readonly Candidate[];
  readonly excluded: readonly { readonly candidate: Candidate; readonly exclusion: Exclusion }[];
} {
  const feasible: Candidate[] = [];
  const excluded: { candidate: Candidate; exclusion: Exclusion }[] = [];
  for (const candidate of candidates) {
    const exclusion = feasibilityExclusion(request, candidate);
    if (exclusion === null) feasible.push(candidate);
    else excluded.push({ candidate, exclusion });
  }
  return { feasible, excluded };
}
