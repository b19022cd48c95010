import { isRefusal, type Refusal, refuse } from "../reply.ts";

/** Numbers of the objects of these ids; the first that there is not is refused. */
export function numbersOf(
  ids: readonly string[],
  find: (id: string) => { readonly number: number } | Refusal,
): number[] | Refusal {
  const numbers: number[] = [];
  for (const id of ids) {
    const found = find(id);
    if (isRefusal(found)) return found;
    numbers.push(found.number);
  }
  return numbers;
}

/** The list with these put in or taken out; refused, with the message for it, where that would change nothing. */
export function changedList(
  list: readonly number[],
  numbers: readonly number[],
  isIn: boolean,
  messageFor: (number: number) => string,
): number[] | Refusal {
  const changed = new Set(list);
  for (const number of numbers) {
    if (changed.has(number) === isIn) {
      const code = isIn ? "AlreadyMember" : "NotMember";
      return refuse(code, messageFor(number), "Nothing needs to be done.");
    }
    if (isIn) changed.add(number);
    else changed.delete(number);
  }
  return [...changed];
}
