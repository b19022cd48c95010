import { unknownKind, type Vector } from "../area.ts";

export function driveServiceCheck(vector: Vector): never {
  return unknownKind(vector);
}
