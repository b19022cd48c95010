import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  compareVersions,
  parseVersion,
  parseVersionConstraints,
  satisfiesVersion,
  type VersionDialect,
} from "./version.ts";

function matches(version: string, constraints: string, dialect: VersionDialect): boolean {
  const parsed = parseVersion(version);
  const list = parseVersionConstraints(constraints, dialect);
  if (parsed === null || list === null) throw new Error("a test has to give real versions");
  return satisfiesVersion(parsed, list, dialect);
}

const VERSION: readonly (readonly [string, string, boolean])[] = [
  ["1.2.3", "1.2.3", true],
  ["1.2", "= 1.2.0", true],
  ["v1.2", "1.2.0", true],
  ["1.2.3+build7", "1.2.3", true],
  ["1.2.3", "!= 1.2.3", false],
  ["1.2.3", "> 1.2.3", false],
  ["1.10", "> 1.9", true],
  ["4.9", ">4.0", true],
  ["1.2.3.4", "> 1.2.3", true],
  ["1.2.3", "~> 1.2.1", true],
  ["1.3.0", "~> 1.2.1", false],
  ["1.9.9", "~> 1.2", true],
  ["2.0.0", "~> 1.2", false],
  ["1.1", "~> 1.2", false],
  ["7", "~> 1", true],
  ["1.2.3", "~> 1.2.3.0", false],
  ["1.2.3-beta1", ">= 1.2.3-alpha1", true],
  ["1.2.4-beta1", ">= 1.2.3-alpha1", false],
  ["1.2.3", ">= 1.2.3-alpha1", true],
  ["1.2.3", "~> 1.2.3-alpha1", false],
  ["1.2.3-beta", "~> 1.2.3-alpha", true],
  ["1.2.3-rc1", "!= 1.2.3", true],
  ["1.2beta", "< 1.2", false],
  ["1.2.3", ">= 1.0 , < 2", true],
];

const SEMVER: readonly (readonly [string, string, boolean])[] = [
  ["1.3.0-beta1", ">= 0.6.1", true],
  ["1.7.0-alpha1", ">= 1.6.0-beta1", true],
  ["1.0.0-alpha", "< 1.0.0-alpha.1", true],
  ["1.0.0-alpha.1", "< 1.0.0-alpha.beta", true],
  ["1.0.0-beta.2", "< 1.0.0-beta.11", true],
  ["1.0.0-rc.1", "< 1.0.0", true],
  ["1.0.0+a", "= 1.0.0+b", true],
];

describe("a version", () => {
  for (const [version, constraints, holds] of VERSION) {
    test(`${version} is ${holds ? "" : "not "}within ${constraints}`, () => {
      expect(matches(version, constraints, "version")).toBe(holds);
    });
  }
});

describe("a semantic version", () => {
  for (const [version, constraints, holds] of SEMVER) {
    test(`${version} is ${holds ? "" : "not "}within ${constraints}`, () => {
      expect(matches(version, constraints, "semver")).toBe(holds);
    });
  }
});

test("what is no version or no list of constraints is told so", () => {
  for (const text of ["", "x", "1.", "1..2", "-1", "1.2.3+", "1 2", "9".repeat(300)]) {
    expect(parseVersion(text)).toBeNull();
  }
  expect(parseVersion("99999999999999999999")).toBeNull();
  for (const text of ["", "~> foo", ">= 1,", "== 1", "=> 1", ">= 1 < 2"]) {
    expect(parseVersionConstraints(text, "version")).toBeNull();
  }
  expect(parseVersionConstraints("~> 1.0", "semver")).toBeNull();
  expect(parseVersionConstraints("1.2beta", "semver")).toBeNull();
});

test("the order of versions is a total one", () => {
  const part = fc.oneof(fc.nat(3).map(String), fc.constantFrom("a", "b", "rc"));
  const text = fc
    .tuple(fc.array(fc.nat(2), { minLength: 1, maxLength: 4 }), fc.array(part, { maxLength: 3 }))
    .map(([core, pre]) => core.join(".") + (pre.length > 0 ? `-${pre.join(".")}` : ""));
  const version = text.map((one) => {
    const parsed = parseVersion(one);
    if (parsed === null) throw new Error(`not a version: ${one}`);
    return parsed;
  });
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      expect(compareVersions(a, b)).toBe(0 - compareVersions(b, a));
      if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) {
        expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
      }
    }),
  );
});
