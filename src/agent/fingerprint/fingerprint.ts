import type { DriverName } from "../../model/group.ts";
import type { HostFacts } from "../../model/node.ts";
import type { DriverFingerprint } from "../drivers/driver.ts";
import type { Drivers } from "../drivers/drivers.ts";
import { ownAddress } from "../facts.ts";
import { type HostOptions, readHost } from "./host.ts";

/** A reading serves for so long: asking drivers takes a process and a call each. */
const FRESH_MS = 30_000;

/** Reads the node, drivers included, when it is asked for and not too often. */
export class Fingerprint {
  readonly #drivers: Drivers;
  readonly #options: FingerprintOptions;
  #readAt = Number.NEGATIVE_INFINITY;
  #last: HostFacts;

  constructor(drivers: Drivers, options: FingerprintOptions) {
    this.#drivers = drivers;
    this.#options = options;
    this.#last = this.#read(new Map());
  }

  /** As it was read last; without drivers until `refresh`. */
  get present(): HostFacts {
    return this.#last;
  }

  async refresh(): Promise<HostFacts> {
    if (performance.now() - this.#readAt < FRESH_MS) return this.#last;
    const found = await Promise.all(
      Object.values(this.#drivers).map(
        async (driver): Promise<[DriverName, DriverFingerprint]> => [
          driver.name,
          await driver.fingerprint(),
        ],
      ),
    );
    this.#readAt = performance.now();
    this.#last = this.#read(new Map(found));
    return this.#last;
  }

  #read(drivers: ReadonlyMap<DriverName, DriverFingerprint>): HostFacts {
    const { rootDirectory, host, agentVersion, hostVolumes } = this.#options;
    return readHost(rootDirectory, {
      options: host,
      agentVersion,
      ipAddress: ownAddress(),
      drivers,
      hostVolumes,
    });
  }
}

export interface FingerprintOptions {
  readonly rootDirectory: string;
  readonly host: HostOptions;
  readonly agentVersion: string;
  readonly hostVolumes: HostFacts["hostVolumes"] & object;
}
