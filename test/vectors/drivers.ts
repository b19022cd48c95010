import type { AreaDriver, NetworkAreaDriver } from "./area.ts";
import { driveAllocation } from "./areas/allocation.ts";
import { driveCheckRestart } from "./areas/checkRestart.ts";
import { driveConstraint } from "./areas/constraint.ts";
import { driveDisconnect } from "./areas/disconnect.ts";
import { driveJobspec } from "./areas/jobspec.ts";
import { driveJobValidation } from "./areas/jobValidation.ts";
import { driveReconcile } from "./areas/reconcile.ts";
import { driveRescheduleDelay } from "./areas/rescheduleDelay.ts";
import { driveRescheduleEligibility } from "./areas/rescheduleEligibility.ts";
import { driveReschedulePolicy } from "./areas/reschedulePolicy.ts";
import { driveRescheduleTracker } from "./areas/rescheduleTracker.ts";
import { driveRestartPolicy } from "./areas/restartPolicy.ts";
import { driveRestartTracker } from "./areas/restartTracker.ts";
import { driveScheduler } from "./areas/scheduler.ts";
import { driveServiceCheck } from "./areas/serviceCheck.ts";

/** One driver for each `area` that vector files may name. */
export const DRIVERS: Readonly<Record<string, AreaDriver | NetworkAreaDriver>> = {
  allocation: driveAllocation,
  check_restart: driveCheckRestart,
  constraint: driveConstraint,
  disconnect: driveDisconnect,
  job_validation: driveJobValidation,
  jobspec: driveJobspec,
  reconcile: driveReconcile,
  reschedule_delay: driveRescheduleDelay,
  reschedule_eligibility: driveRescheduleEligibility,
  reschedule_policy: driveReschedulePolicy,
  reschedule_tracker: driveRescheduleTracker,
  restart_policy: driveRestartPolicy,
  restart_tracker: driveRestartTracker,
  scheduler: driveScheduler,
  service_check: driveServiceCheck,
};
