import { expect, test } from "bun:test";
import { fleetSettingsOf } from "./fleetOptions.ts";

test("a second person accepts, and schedules are in the machine's zone, unless it is told otherwise", () => {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  expect(fleetSettingsOf({})).toEqual({ allowsSelfApproval: false, timeZone });
  expect(fleetSettingsOf({ "time-zone": "Asia/Seoul", "allow-self-approval": "yes" })).toEqual({
    allowsSelfApproval: true,
    timeZone: "Asia/Seoul",
  });
  expect(() => fleetSettingsOf({ "time-zone": "Mars/Base" })).toThrow(
    'Expected --time-zone with an IANA name as Asia/Seoul, got "Mars/Base".',
  );
});
