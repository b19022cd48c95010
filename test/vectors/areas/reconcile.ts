import { unknownKind, type Vector } from "../area.ts";

export function driveReconcile(vector: Vector): never {
  return unknownKind(vector);
}
