import { expect, test } from "bun:test";
import fc from "fast-check";
import { Timers } from "./timers.ts";

test("timers fire in the order of their due times, and none before", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 1000 })),
      fc.integer({ min: 0, max: 1000 }),
      (dues, now) => {
        const timers = new Timers();
        for (const due of dues) timers.add(due, { timer: "contact", node: due });
        const fired: number[] = [];
        for (let timer = timers.takeDue(now); timer !== null; timer = timers.takeDue(now)) {
          if (timer.timer === "contact") fired.push(timer.node);
        }
        const expected = dues.filter((due) => due <= now).sort((left, right) => left - right);
        expect(fired).toEqual(expected);
        expect(timers.size).toBe(dues.length - expected.length);
      },
    ),
  );
});
