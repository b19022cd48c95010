import { unknownKind, type Vector } from "../area.ts";

export function driveJobValidation(vector: Vector): never {
  return unknownKind(vector);
}
