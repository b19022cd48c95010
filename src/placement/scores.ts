import type { AffinitySpec, NodeTraits } from "../model/placementSpec.ts";
import type { Resources } from "./resources.ts";

/** How nodes are filled: `binpack` the fullest first, `spread` the emptiest. */
export type FitAlgorithm = "binpack" | "spread";

/** Names of scores, as people know them from Nomad's placement metrics. */
export type ScoreName =
  | "binpack"
  | "job-anti-affinity"
  | "node-reschedule-penalty"
  | "node-affinity"
  | "allocation-spread";

export interface ScoreEntry {
  readonly name: ScoreName;
  readonly value: number;
}

/** What a node is worth for an execution: the mean of the entries that are there. */
export interface NodeScore {
  readonly entries: readonly ScoreEntry[];
  readonly final: number;
}

/** Best fit: an empty node has 20 - 2 = 18 points to gain or lose. */
const FIT_MAX = 18;

function freeShare(used: number, offered: number): number {
  return offered > 0 ? 1 - used / offered : 0;
}

/** 0..18; `used` includes the execution to be placed, `offered` is without what is reserved. */
export function fitPoints(
  algorithm: FitAlgorithm,
  used: Pick<Resources, "cpuMhz" | "memoryMb">,
  offered: Pick<Resources, "cpuMhz" | "memoryMb">,
): number {
  const total =
    10 ** freeShare(used.cpuMhz, offered.cpuMhz) + 10 ** freeShare(used.memoryMb, offered.memoryMb);
  const points = algorithm === "binpack" ? 20 - total : total - 2;
  return Math.min(FIT_MAX, Math.max(0, points));
}

/** 0..1. */
export function fitScore(
  algorithm: FitAlgorithm,
  used: Pick<Resources, "cpuMhz" | "memoryMb">,
  offered: Pick<Resources, "cpuMhz" | "memoryMb">,
): number {
  return fitPoints(algorithm, used, offered) / FIT_MAX;
}

/** Null: none of the group is there, so that there is no entry. */
export function antiAffinityScore(sameGroupOnNode: number, groupCount: number): number | null {
  if (sameGroupOnNode === 0) return null;
  return -(sameGroupOnNode + 1) / Math.max(1, groupCount);
}

/** An affinity with its matcher. */
export interface PreparedAffinity {
  readonly weight: AffinitySpec["weight"];
  readonly holds: (traits: NodeTraits) => boolean;
}

/** Null: there are no affinities. Otherwise an entry, be it 0. */
export function affinityScore(
  affinities: readonly PreparedAffinity[],
  traits: NodeTraits,
): number | null {
  if (affinities.length === 0) return null;
  let sum = 0;
  let weights = 0;
  for (const affinity of affinities) {
    weights += Math.abs(affinity.weight);
    if (affinity.holds(traits)) sum += affinity.weight;
  }
  return weights === 0 ? 0 : sum / weights;
}

/** The mean; 0 when there is none. */
export function finalScore(entries: readonly ScoreEntry[]): number {
  if (entries.length === 0) return 0;
  return entries.reduce((sum, { value }) => sum + value, 0) / entries.length;
}
