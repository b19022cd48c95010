/** Ours: what became of runs of task definitions, whoever or whatever started them. */
export const FLEET_EVENT_TYPES = [
  "TaskInstanceStartEvent",
  "TaskInstanceRerunEvent",
  "TaskInstanceCompleteEvent",
  "NextTaskSkipEvent",
  "ScheduleSkipEvent",
] as const;
export type FleetEventType = (typeof FLEET_EVENT_TYPES)[number];

/** As it is written: its body has no more than its type says. */
export interface FleetEvent {
  readonly type: FleetEventType;
  /** Whose job is the work of it; null: it is of no instance. */
  readonly job: number | null;
  readonly body: Readonly<Record<string, unknown>>;
}
