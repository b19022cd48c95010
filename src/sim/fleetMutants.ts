import type { Effect } from "../engine/effect.ts";
import type { Batch } from "../machine/loopCore.ts";
import type { InstanceRecord } from "../model/fleet/instance.ts";
import type { Mutant } from "./mutants.ts";

const DAY_MS = 86_400_000;

/** Changes the records of task instances on their way to the store. */
function instances(
  change: (instance: InstanceRecord) => InstanceRecord,
): (batch: Batch<unknown>) => void {
  return ({ changes }) => {
    const { fleet } = changes;
    if (fleet === null) return;
    const changed = [...fleet.instances].map(([key, record]) => [key, change(record)] as const);
    changes.fleet = { ...fleet, instances: new Map(changed) };
  };
}

function withoutBound(effect: Effect): Effect {
  if (effect.effect !== "start" || effect.order.startBefore === null) return effect;
  const startBefore = effect.order.startBefore + DAY_MS;
  return { ...effect, order: { ...effect.order, startBefore } };
}

export const FLEET_MUTANTS: readonly Mutant[] = [
  {
    name: "a run counts as a success whatever its nodes did",
    hooks: () => ({
      batch: instances((record) =>
        record.endedAt === null ? record : { ...record, result: "success" },
      ),
    }),
  },
  {
    name: "it is forgotten which next task a run has started",
    hooks: () => ({ batch: instances((record) => ({ ...record, nextInstance: null })) }),
  },
  {
    name: "nodes may begin a script at any time",
    hooks: () => ({ effects: (effects) => effects.map(withoutBound) }),
  },
  {
    name: "a restart forgets when schedules were due",
    hooks: () => ({
      restoredFleet: (stored) => ({
        ...stored,
        definitions: stored.definitions.map((record) => ({ ...record, lastDueAt: {} })),
      }),
    }),
  },
  {
    name: "a restart lets all nodes of a rolling run begin",
    hooks: () => ({
      batch: ({ changes }) => {
        for (const progress of changes.tasks.values()) if (progress !== null) progress.held = false;
      },
    }),
  },
  {
    name: "a rerun has the number of the execution before it",
    hooks: () => ({
      effects: (effects) =>
        effects.map((effect) => {
          if (effect.effect !== "start" || effect.order.script === undefined) return effect;
          return { ...effect, order: { ...effect.order, ordinal: 1 } };
        }),
    }),
  },
];
