import { unknownKind, type Vector } from "../area.ts";

export function driveAllocation(vector: Vector): never {
  return unknownKind(vector);
}
