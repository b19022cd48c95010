import { expect, test } from "bun:test";
import { relativeTime } from "./relative.ts";

const NOW = Date.UTC(2026, 10, 21, 4);

function relative(seconds: number): string {
  return relativeTime(new Date(NOW + seconds * 1000).toISOString(), NOW);
}

test("times are told by their two largest units", () => {
  expect(relative(-5)).toBe("5s ago");
  expect(relative(-130)).toBe("2m10s ago");
  expect(relative(-3600)).toBe("1h ago");
  expect(relative(-3605)).toBe("1h ago");
  expect(relative(-90_061)).toBe("1d1h ago");
  expect(relative(-86_400 * 400)).toBe("1y1mo ago");
  expect(relative(25)).toBe("25s from now");
  expect(relative(0.3)).toBe("now");
});
