import {
  compareText,
  isEqual,
  isList,
  isObject,
  type ListValue,
  type ObjectValue,
  sortedEntries,
  textOf,
  type Value,
  withoutRepeats,
} from "../value.ts";
import { ANY_COUNT, type Given, type HclFunction } from "./given.ts";

function listsOf(given: Given): readonly ListValue[] {
  return given.values.map((_, index) => given.list(index));
}

function chunks(given: Given): Value {
  const list = given.list(0);
  const size = given.integer(1);
  if (size < 0) return given.fail(1, "expected a size of at least 0");
  if (size === 0) return list.length === 0 ? [] : [list];
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );
}

function element(given: Given): Value {
  const list = given.list(0);
  if (list.length === 0) return given.fail(0, "expected a list with items, found none");
  const count = list.length;
  return list[((given.integer(1) % count) + count) % count] ?? null;
}

function flatten(values: ListValue): Value[] {
  return values.flatMap((value) => (isList(value) ? flatten(value) : [value]));
}

function length(given: Given): Value {
  const value = given.value(0);
  if (isList(value)) return value.length;
  if (isObject(value)) return value.size;
  return [...given.knownText(0)].length;
}

function lookup(given: Given): Value {
  const found = given.object(0).get(given.knownText(1));
  if (found !== undefined) return found;
  if (given.count === 3) return given.value(2);
  const key = JSON.stringify(given.text(1));
  return given.fail(
    1,
    `expected a key of the object, or a third argument as default, found ${key}`,
  );
}

function merge(given: Given): Value {
  const merged = new Map<string, Value>();
  for (const [index, value] of given.values.entries()) {
    if (value === null) continue;
    for (const [key, item] of given.object(index)) merged.set(key, item);
  }
  return merged;
}

function product(given: Given): Value {
  const lists = listsOf(given);
  const count = lists.reduce((size, list) => size * list.length, 1);
  if (count > 100_000) return given.fail(null, `expected at most 100000 results, found ${count}`);
  return lists.reduce<Value[][]>(
    (combined, list) => combined.flatMap((head) => list.map((item) => [...head, item])),
    [[]],
  );
}

function slice(given: Given): Value {
  const list = given.list(0);
  const start = given.integer(1);
  const end = given.integer(2);
  if (start < 0 || start > end || end > list.length) {
    return given.fail(
      null,
      `expected 0 <= start <= end <= ${list.length}, found ${start} and ${end}`,
    );
  }
  return list.slice(start, end);
}

function zip(given: Given): Value {
  const keys = given.texts(0);
  const values = given.list(1);
  if (keys.length !== values.length) {
    return given.fail(
      null,
      `expected as many keys as values, found ${keys.length} and ${values.length}`,
    );
  }
  return new Map(keys.map((key, index) => [key, values[index] ?? null]));
}

function toObject(given: Given): ObjectValue | null {
  return given.value(0) === null ? null : given.object(0);
}

/** Items of one kind: where one is text and the others can be, all become text, as in a list of HCL. */
function unified(list: ListValue): ListValue {
  if (!list.some((item) => typeof item === "string")) return list;
  return list.map((item) => (item === null ? null : (textOf(item) ?? item)));
}

function toList(given: Given): ListValue | null {
  return given.value(0) === null ? null : unified(given.list(0));
}

function sameItem(list: ListValue, wanted: Value): number {
  return list.findIndex((item) => isEqual(item, wanted));
}

const LIST_FUNCTIONS: Readonly<Record<string, HclFunction>> = {
  chunklist: {
    signature: "chunklist(list, size)",
    does: "lists of at most this size",
    least: 2,
    most: 2,
    keepsReferences: true,
    apply: chunks,
  },
  coalesce: {
    signature: "coalesce(value...)",
    does: "the first that is neither null nor empty text",
    least: 1,
    most: ANY_COUNT,
    keepsReferences: true,
    apply: (given) =>
      given.values.find((value) => value !== null && value !== "") ??
      given.fail(null, "expected a value that is neither null nor empty, found none"),
  },
  coalescelist: {
    signature: "coalescelist(list...)",
    does: "the first that is not empty",
    least: 1,
    most: ANY_COUNT,
    keepsReferences: true,
    apply: (given) =>
      listsOf(given).find((list) => list.length > 0) ??
      given.fail(null, "expected a list with items, found none"),
  },
  compact: {
    signature: "compact(list)",
    does: "the list without empty text and null",
    least: 1,
    most: 1,
    keepsReferences: true,
    apply: (given) => given.list(0).filter((item) => item !== "" && item !== null),
  },
  concat: {
    signature: "concat(list...)",
    does: "one list of all items",
    least: 1,
    most: ANY_COUNT,
    keepsReferences: true,
    apply: (given) => listsOf(given).flat(),
  },
  contains: {
    signature: "contains(list, value)",
    does: "whether the value is in the list",
    least: 2,
    most: 2,
    apply: (given) => sameItem(given.list(0), given.value(1)) >= 0,
  },
  distinct: {
    signature: "distinct(list)",
    does: "the list without repeats",
    least: 1,
    most: 1,
    apply: (given) => withoutRepeats(given.list(0)),
  },
  element: {
    signature: "element(list, index)",
    does: "the item; the index goes round at the end",
    least: 2,
    most: 2,
    keepsReferences: true,
    apply: element,
  },
  flatten: {
    signature: "flatten(list)",
    does: "one list of the items of the lists in it",
    least: 1,
    most: 1,
    keepsReferences: true,
    apply: (given) => flatten(given.list(0)),
  },
  index: {
    signature: "index(list, value)",
    does: "the index of the value in the list; none is an error",
    least: 2,
    most: 2,
    apply: (given) => {
      const at = sameItem(given.list(0), given.value(1));
      return at >= 0 ? at : given.fail(1, "expected a value that is in the list");
    },
  },
  length: {
    signature: "length(value)",
    does: "the count of items, keys or characters",
    least: 1,
    most: 1,
    keepsReferences: true,
    apply: length,
  },
  slice: {
    signature: "slice(list, start, end)",
    does: "the items from start to before end",
    least: 3,
    most: 3,
    keepsReferences: true,
    apply: slice,
  },
  sort: {
    signature: "sort(list)",
    does: "the texts in order",
    least: 1,
    most: 1,
    apply: (given) => [...given.texts(0)].sort(compareText),
  },
};

const MAP_FUNCTIONS: Readonly<Record<string, HclFunction>> = {
  keys: {
    signature: "keys(object)",
    does: "the keys in order",
    least: 1,
    most: 1,
    keepsReferences: true,
    apply: (given) => sortedEntries(given.object(0)).map(([key]) => key),
  },
  lookup: {
    signature: "lookup(object, key, default)",
    does: "the value of the key, or the default",
    least: 2,
    most: 3,
    keepsReferences: true,
    apply: lookup,
  },
  merge: {
    signature: "merge(object...)",
    does: "one object of all; the last of equal keys wins",
    least: 0,
    most: ANY_COUNT,
    keepsReferences: true,
    apply: merge,
  },
  values: {
    signature: "values(object)",
    does: "the values in the order of their keys",
    least: 1,
    most: 1,
    keepsReferences: true,
    apply: (given) => sortedEntries(given.object(0)).map(([, value]) => value),
  },
  zipmap: {
    signature: "zipmap(keys, values)",
    does: "an object of the keys with the values",
    least: 2,
    most: 2,
    keepsReferences: true,
    apply: zip,
  },
  tolist: {
    signature: "tolist(value)",
    does: "the set or list as a list of one kind",
    least: 1,
    most: 1,
    keepsReferences: true,
    apply: toList,
  },
  tomap: {
    signature: "tomap(value)",
    does: "the object as a map",
    least: 1,
    most: 1,
    keepsReferences: true,
    apply: toObject,
  },
};

export const COLLECTION_FUNCTIONS: Readonly<Record<string, HclFunction>> = {
  ...LIST_FUNCTIONS,
  ...MAP_FUNCTIONS,
  setproduct: {
    signature: "setproduct(list...)",
    does: "all combinations of one item of each",
    least: 1,
    most: ANY_COUNT,
    apply: product,
  },
};
