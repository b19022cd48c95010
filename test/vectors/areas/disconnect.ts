import { z } from "zod";
import { DISCONNECT_DEFAULT } from "../../../src/model/groupDefaults.ts";
import {
  clientStopEndsAt,
  isDisconnectExpired,
  lostAt,
  validateDisconnect,
} from "../../../src/policy/disconnect.ts";
import { type Mismatch, unknownKind, type Vector } from "../area.ts";
import { compareExpected } from "../compare.ts";
import { camelCased } from "../names.ts";
import { clientStatus, jobType } from "../policies.ts";

const { lostAfterMs, replace, reconcile } = DISCONNECT_DEFAULT;
const validate = z.object({
  jobType,
  disconnect: z.object({
    lostAfterMs: z.number().default(lostAfterMs),
    replace: z.boolean().default(replace),
    reconcile: z.string().default(reconcile),
    stopOnClientAfterMs: z.number().nullable().default(null),
  }),
});
const expired = z.object({
  clientStatus,
  lostAfterMs: z.number().nullish(),
  unknownForMs: z.number().nullish(),
});
const timeout = z.object({ lostAfterMs: z.number().nullish() });
const clientStop = z.object({
  stopOnClientAfterMs: z.number().nullish(),
  killTimeoutMs: z.number().nullish(),
  lostAtMs: z.number().default(0),
});

export function driveDisconnect(vector: Vector): readonly Mismatch[] {
  const input = camelCased(vector);
  const expected = vector["expect"];
  switch (vector["kind"]) {
    case "validate": {
      const given = validate.parse(input);
      const findings = validateDisconnect(given.jobType, given.disconnect);
      const codes = findings.map(({ code }) => code);
      return compareExpected(expected, { valid: codes.length === 0, errors_include: codes });
    }
    case "expired": {
      const given = expired.parse(input);
      const policy = { lostAfterMs: given.lostAfterMs ?? 0 };
      const since = given.unknownForMs == null ? null : -given.unknownForMs;
      const got = isDisconnectExpired(policy, given.clientStatus, since, 0);
      return compareExpected(expected, { expired: got });
    }
    case "disconnect_timeout":
      return compareExpected(expected, {
        lost_after_now_ms: lostAt({ lostAfterMs: timeout.parse(input).lostAfterMs ?? 0 }, 0),
      });
    case "wait_client_stop": {
      const given = clientStop.parse(input);
      const killTimeouts = given.killTimeoutMs == null ? [] : [given.killTimeoutMs];
      const stopOnClientAfterMs = given.stopOnClientAfterMs ?? null;
      const endsAt = clientStopEndsAt({ stopOnClientAfterMs }, killTimeouts, given.lostAtMs);
      const got = { should_stop: endsAt !== null, replace_not_before_ms: endsAt };
      return compareExpected(expected, got);
    }
    default:
      return unknownKind(vector);
  }
}
