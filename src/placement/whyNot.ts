import { volumeSource } from "../model/group.ts";
import type { NodeNumber } from "../model/id.ts";
import type { Candidate } from "./candidate.ts";
import type { Exclusion } from "./exclusion.ts";
import { usedWith } from "./feasibility.ts";
import { exclusionOf } from "./placeGroup.ts";
import type { PlacementRequest } from "./request.ts";
import type { Resources } from "./resources.ts";
import { Scorer } from "./scorer.ts";
import type { NodeScore } from "./scores.ts";
import { resolveTarget } from "./target.ts";
import { MISSING_VOLUMES, offersVolume } from "./volumes.ts";

/** What one node is for an execution: an option with its score, or excluded with a sentence why. */
export type NodeVerdict =
  | { readonly kind: "option"; readonly node: NodeNumber; readonly score: NodeScore }
  | {
      readonly kind: "excluded";
      readonly node: NodeNumber;
      readonly exclusion: Exclusion;
      readonly message: string;
    };

/** Looks at every node, for people who ask why it is not placed elsewhere; in the order of the candidates. */
export function explainNodes(
  request: PlacementRequest,
  candidates: readonly Candidate[],
): readonly NodeVerdict[] {
  const scorer = new Scorer(request);
  return candidates.map((candidate) => {
    const { node } = candidate;
    const exclusion = exclusionOf(request, candidate);
    if (exclusion === null) return { kind: "option", node, score: scorer.score(candidate) };
    const message = exclusionMessage(request, candidate, exclusion);
    return { kind: "excluded", node, exclusion, message };
  });
}

/** A sentence about the node. */
export function exclusionMessage(
  request: PlacementRequest,
  candidate: Candidate,
  exclusion: Exclusion,
): string {
  const { traits } = candidate;
  const { plan } = request;
  const { code, label } = exclusion;
  switch (code) {
    case "pool":
      return `It is in pool ${traits.pool}; the job runs in pool ${plan.pool}.`;
    case "datacenter": {
      const wanted = plan.datacenters.join(", ");
      return `It is in datacenter ${traits.datacenter}; the job runs in ${wanted}.`;
    }
    case "driver":
      return driverMessage(candidate, label);
    case "constraint":
      return constraintMessage(request, candidate, label);
    case "volumes":
      return volumeMessage(request, candidate);
    case "distinctHosts": {
      const whose = plan.distinct.hosts === "job" ? "the job" : `group ${plan.group.name}`;
      return `An execution of ${whose} is there already (distinct_hosts).`;
    }
    case "distinctProperty":
      return propertyMessage(request, candidate, label);
    case "ports":
      return `Ports it needs are taken there (${label}).`;
    case "cores":
      return roomMessage(request, candidate, "cores", "whole cores");
    case "cpu":
      return roomMessage(request, candidate, "cpuMhz", "MHz of CPU");
    case "memory":
      return roomMessage(request, candidate, "memoryMb", "MiB of memory");
    case "disk":
      return roomMessage(request, candidate, "diskMb", "MiB of disk");
  }
}

function driverMessage({ drivers }: Candidate, label: string): string {
  const name = label.slice("missing driver ".length);
  const facts = Object.hasOwn(drivers, name) ? drivers[name] : undefined;
  if (facts?.detected !== true) return `It has no driver ${name}.`;
  const why = facts.description === "" ? "" : `: ${facts.description}`;
  return `Its driver ${name} is not healthy${why}.`;
}

function volumeMessage({ plan, index }: PlacementRequest, { hostVolumes }: Candidate): string {
  const lacking = [...plan.volumes.shared, ...plan.volumes.perAlloc].filter(
    (volume) => !offersVolume(hostVolumes, volume, index),
  );
  const [first] = lacking;
  if (first === undefined) return `${MISSING_VOLUMES.label}.`;
  const source = volumeSource(first, index);
  return Object.hasOwn(hostVolumes, source)
    ? `Its host volume ${source} can only be read, and the job wants to write there.`
    : `It has no host volume ${source}.`;
}

function constraintMessage(
  { plan }: PlacementRequest,
  { traits }: Candidate,
  label: string,
): string {
  const all = [...plan.kindConstraints, ...plan.nodeConstraints];
  const spec = all.find((constraint) => constraint.label === label)?.spec;
  if (spec === undefined) return `Constraint ${label} does not hold.`;
  return `Constraint ${label} does not hold: ${valueThere(spec.attribute, resolveTarget(spec.attribute, traits))}.`;
}

function valueThere(attribute: string, value: string | null): string {
  return value === null ? `it has no ${attribute}` : `${attribute} is "${value}" there`;
}

function propertyMessage(
  { plan, usage }: PlacementRequest,
  { traits }: Candidate,
  label: string,
): string {
  const property = plan.distinct.properties.find((one) => one.label === label);
  const attribute = property?.attribute ?? "";
  const value = resolveTarget(attribute, traits);
  if (value === null || property === undefined) return `It has no ${attribute} (${label}).`;
  const counts = usage.byProperty(attribute, property.isOfJob ? null : plan.group.name);
  return `${attribute} is "${value}" there, which ${counts.get(value) ?? 0} executions use already (${label}).`;
}

function roomMessage(
  { plan }: PlacementRequest,
  candidate: Candidate,
  amount: keyof Resources,
  what: string,
): string {
  const needed = usedWith(plan, candidate)[amount] - candidate.used[amount];
  const offered = candidate.offered[amount];
  if (needed > offered) return `It needs ${needed} ${what}; the node offers ${offered}.`;
  const free = Math.max(0, offered - candidate.used[amount]);
  return `It needs ${needed} ${what}; ${free} of ${offered} are free there.`;
}
