import { unknownKind, type Vector } from "../area.ts";

export function driveJobspec(vector: Vector): never {
  return unknownKind(vector);
}
