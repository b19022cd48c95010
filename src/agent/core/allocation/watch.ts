import type { CheckState } from "../../../model/allocation.ts";
import type { CheckWatch } from "../../../policy/checkRestart.ts";
import type { HealthState } from "../../../policy/health.ts";
import type { Probe, ProcessKey } from "../contract.ts";
import type { Execution } from "../machine.ts";

/** What only this life of the agent knows of a group that runs. */
export interface AllocationWatch {
  /** The server has not been told how the group is now. */
  isChanged: boolean;
  /** Whether the start of the group was reported. */
  isStartReported: boolean;
  nextProbe: number;
  /** By the number of the probe. */
  readonly probes: Map<number, Probed>;
  /** By the place of the check in its group: also of those that are not probed now. */
  readonly checks: Map<string, CheckState>;
  /** Checks whose failing restarts a member. */
  checkWatch: CheckWatch;
  /** When checks are looked at next; null: there are none that would restart anything. */
  pollAt: number | null;
  /** Null: nothing is known of its health yet. */
  health: HealthState | null;
  /** When health is decided on again by itself; null: it is not. */
  healthDueAt: number | null;
  /** Since when the group runs, if the clock was not set back. */
  startedFrom: number | null;
  /** Of members whose templates are watched: the process that they were rendered for. */
  readonly templates: Map<string, ProcessKey>;
}

export interface Probed {
  readonly probe: Probe;
  /** Key in `checks`. */
  readonly check: string;
}

export function watchOf(execution: Execution): AllocationWatch {
  execution.watch ??= {
    isChanged: true,
    isStartReported: false,
    nextProbe: 1,
    probes: new Map(),
    checks: new Map(),
    checkWatch: [],
    pollAt: null,
    health: null,
    healthDueAt: null,
    startedFrom: null,
    templates: new Map(),
  };
  return execution.watch;
}
