import type { DriverFacts } from "../model/node.ts";
import type { NodeTraits } from "../model/placementSpec.ts";
import { parseBoolean } from "./booleanText.ts";

/** Whether a node can run members of the driver: it says so itself, or by an attribute `driver.NAME` that is true. */
export function runsDriver(
  driver: string,
  drivers: Readonly<Record<string, DriverFacts>>,
  attributes: NodeTraits["attributes"],
): boolean {
  const facts = Object.hasOwn(drivers, driver) ? drivers[driver] : undefined;
  if (facts !== undefined) return facts.detected && facts.healthy;
  const key = `driver.${driver}`;
  const value = Object.hasOwn(attributes, key) ? attributes[key] : undefined;
  return value !== undefined && parseBoolean(value) === true;
}
