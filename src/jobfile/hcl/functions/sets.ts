import { isEqual, setOf, type Value } from "../value.ts";
import { ANY_COUNT, type Given, type HclFunction } from "./given.ts";

function has(given: Given, index: number, wanted: Value): boolean {
  return given.list(index).some((item) => isEqual(item, wanted));
}

export const SET_FUNCTIONS: Readonly<Record<string, HclFunction>> = {
  setintersection: {
    signature: "setintersection(set...)",
    does: "what is in all of them",
    least: 1,
    most: ANY_COUNT,
    apply: (given) => {
      const others = given.values.slice(1).map((_, index) => index + 1);
      return setOf(
        given.list(0).filter((item) => others.every((index) => has(given, index, item))),
      );
    },
  },
  setsubtract: {
    signature: "setsubtract(set, other)",
    does: "what is in the first only",
    least: 2,
    most: 2,
    apply: (given) => setOf(given.list(0).filter((item) => !has(given, 1, item))),
  },
  setunion: {
    signature: "setunion(set...)",
    does: "what is in any of them",
    least: 1,
    most: ANY_COUNT,
    apply: (given) => setOf(given.values.flatMap((_, index) => given.list(index))),
  },
  toset: {
    signature: "toset(list)",
    does: "the list sorted and without repeats",
    least: 1,
    most: 1,
    apply: (given) => (given.value(0) === null ? null : setOf(given.list(0))),
  },
};
