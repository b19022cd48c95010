import { unknownKind, type Vector } from "../area.ts";

export function driveConstraint(vector: Vector): never {
  return unknownKind(vector);
}
