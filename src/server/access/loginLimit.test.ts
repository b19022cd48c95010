import { expect, test } from "bun:test";
import { LoginLimit, networkOf } from "./loginLimit.ts";

const HERE = "192.0.2.1";
const THERE = "198.51.100.7";

/** Fails so often; answers the wait before the next one, in seconds, null: none. */
function fail(limit: LoginLimit, user: string, address: string, times: number, now: number) {
  for (let time = 0; time < times; time += 1) limit.begin(user, address, now);
  return waitOf(limit, user, address, now);
}

function waitOf(limit: LoginLimit, user: string, address: string, now: number): number | null {
  const attempt = limit.begin(user, address, now);
  if (typeof attempt === "number") return (attempt - now) / 1000;
  attempt.undone();
  return null;
}

test("after five wrong passwords there is a wait, which doubles up to five minutes and never prolongs itself", () => {
  const limit = new LoginLimit();
  expect(fail(limit, "kim", HERE, 4, 0)).toBeNull();
  expect(fail(limit, "kim", HERE, 1, 0)).toBe(10);
  expect(fail(limit, "kim", HERE, 100, 9_999)).toBe(0.001);
  let now = 10_000;
  for (const waitS of [20, 40, 80, 160, 300, 300, 300]) {
    expect(fail(limit, "KIM", HERE, 1, now)).toBe(waitS);
    now += waitS * 1000;
  }
  expect(waitOf(limit, "kim", HERE, now)).toBeNull();
});

test("others wait only when the address has been wrong often", () => {
  const limit = new LoginLimit();
  fail(limit, "kim", HERE, 5, 0);
  expect(waitOf(limit, "kim", THERE, 0)).toBeNull();
  expect(waitOf(limit, "lee", HERE, 0)).toBeNull();
  for (let user = 1; user <= 15; user += 1) limit.begin(`u${user}`, HERE, 0);
  expect(waitOf(limit, "lee", HERE, 0)).toBe(10);
  expect(waitOf(limit, "lee", THERE, 0)).toBeNull();
});

test("a right password is held against nobody, and washes off only the user's own failures", () => {
  const limit = new LoginLimit();
  for (let time = 1; time <= 30; time += 1) {
    const attempt = limit.begin("lee", HERE, 0);
    if (typeof attempt === "number") throw new Error("Expected no wait.");
    attempt.succeeded();
  }
  expect(limit.size).toBe(0);
  fail(limit, "kim", HERE, 4, 0);
  const attempt = limit.begin("kim", HERE, 0);
  if (typeof attempt === "number") throw new Error("Expected no wait.");
  expect(attempt.nextFrom).toBe(10_000);
  attempt.succeeded();
  expect(fail(limit, "kim", HERE, 4, 0)).toBeNull();
  for (let user = 1; user <= 12; user += 1) limit.begin(`u${user}`, HERE, 0);
  expect(waitOf(limit, "kim", HERE, 0)).toBe(10);
});

test("logins at the same time are counted before any of them is checked", () => {
  const limit = new LoginLimit();
  const attempts = Array.from({ length: 50 }, () => limit.begin("kim", HERE, 0));
  expect(attempts.filter((attempt) => typeof attempt !== "number")).toHaveLength(5);
});

test("it is forgotten after a quarter of an hour, and only so much is remembered", () => {
  const limit = new LoginLimit();
  fail(limit, "kim", HERE, 5, 0);
  expect(fail(limit, "kim", HERE, 1, 900_000)).toBeNull();
  for (let at = 0; at < 12_000; at += 1) limit.begin("kim", `10.0.${at >> 8}.${at & 255}`, 900_001);
  expect(limit.size).toBe(10_000);
});

test("of IPv6 the network counts, since one machine has all of it", () => {
  expect(networkOf("::ffff:192.0.2.1")).toBe("192.0.2.1");
  expect(networkOf("192.0.2.1")).toBe("192.0.2.1");
  expect(networkOf("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1:2");
  expect(networkOf("2001:DB8:1:2::6")).toBe("2001:db8:1:2");
  expect(networkOf("2001:db8::1")).toBe("2001:db8:0:0");
  expect(networkOf("fe80::1%eth0")).toBe("fe80:0:0:0");
  expect(networkOf("::1")).toBe("0:0:0:0");
});
