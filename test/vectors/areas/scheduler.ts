import { limitOptions, scanLimit } from "../../../src/placement/candidates.ts";
import { prepareConstraint } from "../../../src/placement/constraint.ts";
import { type PreviousPlacement, penaltyNodes } from "../../../src/placement/penalty.ts";
import type { PlacedJobType } from "../../../src/placement/plan.ts";
import {
  affinityScore,
  antiAffinityScore,
  finalScore,
  fitPoints,
  type ScoreEntry,
  type ScoreName,
} from "../../../src/placement/scores.ts";
import { type AreaDriver, type Mismatch, unknownKind, type Vector } from "../area.ts";
import { compareExpected } from "../compare.ts";
import { traitsOf } from "./constraint.ts";

interface Amounts {
  readonly cpu: number;
  readonly memory_mb: number;
}

function driveScoreFit(vector: Vector): readonly Mismatch[] {
  const { node, used, expect } = vector as unknown as {
    readonly node: Amounts & {
      readonly reserved_cpu?: number;
      readonly reserved_memory_mb?: number;
    };
    readonly used: Amounts;
    readonly expect: unknown;
  };
  const offered = {
    cpuMhz: node.cpu - (node.reserved_cpu ?? 0),
    memoryMb: node.memory_mb - (node.reserved_memory_mb ?? 0),
  };
  const amounts = { cpuMhz: used.cpu, memoryMb: used.memory_mb };
  return compareExpected(expect, {
    binpack: fitPoints("binpack", amounts, offered),
    spread: fitPoints("spread", amounts, offered),
  });
}

function entriesOf(scores: Readonly<Record<string, number | null>>): readonly ScoreEntry[] {
  return Object.entries(scores).flatMap(([name, value]) =>
    value === null ? [] : [{ name: name as ScoreName, value }],
  );
}

function driveAntiAffinity(vector: Vector): readonly Mismatch[] {
  const { desired_count, allocs_of_same_group_on_node, expect } = vector as unknown as {
    readonly desired_count: number;
    readonly allocs_of_same_group_on_node: number;
    readonly expect: unknown;
  };
  const score = antiAffinityScore(allocs_of_same_group_on_node, desired_count);
  const final_score = finalScore(entriesOf({ "job-anti-affinity": score }));
  return compareExpected(expect, { score, final_score });
}

function driveFinalScore(vector: Vector): readonly Mismatch[] {
  const { scores, expect } = vector as unknown as {
    readonly scores: Readonly<Record<string, number | null>>;
    readonly expect: unknown;
  };
  return compareExpected(expect, { final_score: finalScore(entriesOf(scores)) });
}

function drivePenaltyNodes(vector: Vector): readonly Mismatch[] {
  const { previous, expect } = vector as unknown as {
    readonly previous: {
      readonly client_status: PreviousPlacement<string>["status"];
      readonly node: string;
      readonly event_nodes: readonly string[] | null;
    } | null;
    readonly expect: unknown;
  };
  const placement = previous && {
    status: previous.client_status,
    node: previous.node,
    eventNodes: previous.event_nodes ?? [],
  };
  return compareExpected(expect, { penalized: [...penaltyNodes(placement)].sort() });
}

function driveAffinity(vector: Vector): readonly Mismatch[] {
  const { affinities, node, expect } = vector as unknown as {
    readonly affinities: readonly {
      readonly attribute: string;
      readonly operator: string;
      readonly value: string;
      readonly weight: number;
    }[];
    readonly node: Parameters<typeof traitsOf>[0];
    readonly expect: unknown;
  };
  const prepared = affinities.map((affinity) => ({
    weight: affinity.weight,
    holds: prepareConstraint(affinity).holds,
  }));
  const score = affinityScore(prepared, traitsOf(node));
  return compareExpected(expect, { score, counts_as_scorer: score !== null });
}

function driveLimit(vector: Vector): readonly Mismatch[] {
  const { candidate_scores, limit, score_threshold, max_skip, expect } = vector as unknown as {
    readonly candidate_scores: readonly number[];
    readonly limit: number;
    readonly score_threshold: number;
    readonly max_skip: number;
    readonly expect: unknown;
  };
  const options = candidate_scores.map((score, index) => ({ name: `n${index + 1}`, score }));
  const taken = limitOptions(options, ({ score }) => score, limit, score_threshold, max_skip);
  return compareExpected(expect, { visited: taken.map(({ name }) => name) });
}

function driveScanLimit(vector: Vector): readonly Mismatch[] {
  const { job_type, ready_nodes, has_affinity_or_spread, group_count, expect } =
    vector as unknown as {
      readonly job_type: PlacedJobType;
      readonly ready_nodes: number;
      readonly has_affinity_or_spread?: boolean;
      readonly group_count?: number;
      readonly expect: unknown;
    };
  const limit = scanLimit(job_type, ready_nodes, has_affinity_or_spread === true, group_count ?? 1);
  return compareExpected(expect, { limit });
}

const KINDS: Readonly<Record<string, AreaDriver>> = {
  score_fit: driveScoreFit,
  anti_affinity: driveAntiAffinity,
  final_score: driveFinalScore,
  penalty_nodes: drivePenaltyNodes,
  affinity: driveAffinity,
  limit: driveLimit,
  scan_limit: driveScanLimit,
};

export function driveScheduler(vector: Vector): readonly Mismatch[] {
  const drive = KINDS[String(vector["kind"])];
  return drive === undefined ? unknownKind(vector) : drive(vector);
}
