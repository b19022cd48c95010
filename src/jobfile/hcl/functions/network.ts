import { isList, numberOf, type Value } from "../value.ts";
import { ANY_COUNT, type Given, type HclFunction } from "./given.ts";

/** An address prefix; IPv4 has 32 bits, IPv6 128. */
interface Prefix {
  readonly network: bigint;
  readonly length: number;
  readonly bits: 32 | 128;
}

function parseIpv4(text: string): bigint | null {
  const parts = text.split(".");
  if (parts.length !== 4) return null;
  let value = 0n;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return null;
    value = value * 256n + BigInt(part);
  }
  return value;
}

function parseIpv6(text: string): bigint | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const [left = [], right = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - left.length - right.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const groups = [...left, ...Array.from({ length: missing }, () => "0"), ...right];
  let value = 0n;
  for (const group of groups) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return null;
    value = value * 65_536n + BigInt(`0x${group}`);
  }
  return value;
}

function prefixOf(given: Given): Prefix {
  const text = given.text(0);
  const [address = "", lengthText = ""] = text.split("/");
  const bits = address.includes(":") ? 128 : 32;
  const value = bits === 128 ? parseIpv6(address) : parseIpv4(address);
  const length = /^\d{1,3}$/.test(lengthText) ? Number(lengthText) : Number.NaN;
  if (value === null || !(length <= bits)) {
    return given.fail(0, `expected a prefix such as 10.0.0.0/8, found ${JSON.stringify(text)}`);
  }
  const hostBits = BigInt(bits - length);
  return { network: (value >> hostBits) << hostBits, length, bits };
}

function ipv6Text(address: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((address >> BigInt(112 - index * 16)) & 0xffffn).toString(16),
  ).join(":");
  // The longest run of zeros is left out, of equal ones the first.
  const runs = [...groups.matchAll(/(?:^|(?<=:))0(?::0)+(?=:|$)/g)];
  const [longest] = runs.sort((a, b) => b[0].length - a[0].length);
  if (longest === undefined) return groups;
  const before = groups.slice(0, longest.index).replace(/:$/, "");
  const after = groups.slice(longest.index + longest[0].length).replace(/^:/, "");
  return `${before}::${after}`;
}

function addressText(address: bigint, bits: 32 | 128): string {
  if (bits === 128) return ipv6Text(address);
  return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 255n).join(".");
}

function prefixText({ network, length, bits }: Prefix): string {
  return `${addressText(network, bits)}/${length}`;
}

function host(given: Given): Value {
  const { network, length, bits } = prefixOf(given);
  const wanted = BigInt(given.integer(1));
  const size = 1n << BigInt(bits - length);
  const number = wanted < 0n ? size + wanted : wanted;
  if (number >= 0n && number < size) return addressText(network + number, bits);
  return given.fail(1, `expected a host of the prefix's ${size}, found ${wanted}`);
}

function netmask(given: Given): Value {
  const { length, bits } = prefixOf(given);
  if (bits === 128) return given.fail(0, "expected a prefix of IPv4, as IPv6 has no masks");
  const hostBits = BigInt(bits - length);
  return addressText(((1n << BigInt(length)) - 1n) << hostBits, bits);
}

function longer(given: Given, index: number, prefix: Prefix, newBits: number): number {
  const length = prefix.length + newBits;
  if (newBits >= 0 && length <= prefix.bits) return length;
  const most = prefix.bits - prefix.length;
  return given.fail(index, `expected 0 to ${most} more bits, found ${newBits}`);
}

function subnet(given: Given): Value {
  const prefix = prefixOf(given);
  const newBits = given.integer(1);
  const length = longer(given, 1, prefix, newBits);
  const number = BigInt(given.integer(2));
  if (number < 0n || number >= 1n << BigInt(newBits)) {
    return given.fail(2, `expected a network number that fits ${newBits} bits, found ${number}`);
  }
  const network = prefix.network + (number << BigInt(prefix.bits - length));
  return prefixText({ ...prefix, network, length });
}

function subnets(given: Given): Value {
  const prefix = prefixOf(given);
  let next = prefix.network;
  const end = prefix.network + (1n << BigInt(prefix.bits - prefix.length));
  const rest = given.values.slice(1).flatMap((value) => (isList(value) ? value : [value]));
  return rest.map((value) => {
    const newBits = numberOf(value);
    if (newBits === null || !Number.isInteger(newBits)) {
      return given.fail(null, "expected whole numbers of bits");
    }
    const length = longer(given, 1, prefix, newBits);
    const size = 1n << BigInt(prefix.bits - length);
    const network = ((next + size - 1n) / size) * size;
    next = network + size;
    if (next > end) return given.fail(null, "expected networks that fit in the prefix together");
    return prefixText({ ...prefix, network, length });
  });
}

export const NETWORK_FUNCTIONS: Readonly<Record<string, HclFunction>> = {
  cidrhost: {
    signature: "cidrhost(prefix, number)",
    does: "an address of the network; negative numbers count from its end",
    least: 2,
    most: 2,
    apply: host,
  },
  cidrnetmask: {
    signature: "cidrnetmask(prefix)",
    does: "the mask, as in `255.0.0.0`",
    least: 1,
    most: 1,
    apply: netmask,
  },
  cidrsubnet: {
    signature: "cidrsubnet(prefix, bits, number)",
    does: "the network with this number in these more bits",
    least: 3,
    most: 3,
    apply: subnet,
  },
  cidrsubnets: {
    signature: "cidrsubnets(prefix, bits...)",
    does: "networks one behind the other, each with its more bits",
    least: 2,
    most: ANY_COUNT,
    apply: subnets,
  },
};
