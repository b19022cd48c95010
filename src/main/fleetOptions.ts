import type { FleetSettings } from "../fleet/state.ts";
import { StartError } from "./lineError.ts";

/** Options of a server about fleet operations; the flag is `FLEET_FLAG`. */
export const FLEET_OPTIONS = ["time-zone"] as const;
export const FLEET_FLAG = "allow-self-approval";

/** What the options say; schedules that name no zone are in that of the machine otherwise. */
export function fleetSettingsOf(values: Partial<Record<string, string>>): FleetSettings {
  const timeZone = values["time-zone"] ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  try {
    new Intl.DateTimeFormat("en", { timeZone });
  } catch (cause) {
    throw new StartError(
      `Expected --time-zone with an IANA name as Asia/Seoul, got "${timeZone}".`,
      { cause },
    );
  }
  return { allowsSelfApproval: values[FLEET_FLAG] === "yes", timeZone };
}
