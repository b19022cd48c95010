export interface FitInput {
  readonly attempts: number;
  readonly intervalMs: number;
  readonly delayMs: number;
  readonly maxDelayMs: number;
  readonly delayFunction: string;
}

export interface Fit {
  readonly fits: boolean;
  /** How many attempts the interval has room for. */
  readonly possibleAttempts: number;
  /** The interval that all attempts need, rounded to whole seconds. */
  readonly recommendedIntervalMs: number;
}

function fit(fits: boolean, possibleAttempts: number, neededMs: number): Fit {
  const recommendedIntervalMs = Math.round(neededMs / 1000) * 1000;
  return { fits, possibleAttempts, recommendedIntervalMs };
}

function fitConstant({ attempts, intervalMs, delayMs }: FitInput): Fit {
  const neededMs = attempts * delayMs;
  return fit(intervalMs >= neededMs, Math.floor(intervalMs / delayMs), neededMs);
}

/** What is needed is the last delay, not the sum, until the ceiling; above it each delay adds the ceiling (Nomad). */
function fitExponential({ attempts, intervalMs, delayMs, maxDelayMs }: FitInput): Fit {
  let neededMs = 0;
  let possible = 0;
  for (let index = 0; index < attempts; index += 1) {
    const nextMs = 2 ** index * delayMs;
    neededMs = nextMs > maxDelayMs ? neededMs + maxDelayMs : nextMs;
    if (neededMs < intervalMs) possible += 1;
  }
  return fit(possible === attempts, possible, neededMs);
}

/** The delays, each once; after the ceiling each is the one before plus the ceiling (Nomad). */
function fibonacciSlots({ attempts, delayMs, maxDelayMs }: FitInput): number[] {
  const slots = [delayMs, delayMs].slice(0, attempts);
  let isCapped = false;
  while (slots.length < attempts) {
    const lastMs = slots.at(-1) ?? 0;
    const sumMs = lastMs + (slots.at(-2) ?? 0);
    if (isCapped) slots.push(lastMs + maxDelayMs);
    else slots.push(Math.min(sumMs, maxDelayMs));
    if (sumMs > maxDelayMs) isCapped = true;
  }
  return slots;
}

function fitFibonacci(input: FitInput): Fit {
  const slots = fibonacciSlots(input);
  const neededMs = slots.at(-1) ?? 0;
  const first = slots.findIndex((slotMs) => slotMs > input.intervalMs);
  return fit(input.intervalMs >= neededMs, first < 0 ? slots.length : first, neededMs);
}

/** Whether `attempts` reschedules with their delays fit in `interval`, as Nomad counts it. */
export function fitAttempts(input: FitInput): Fit {
  switch (input.delayFunction) {
    case "exponential":
      return fitExponential(input);
    case "fibonacci":
      return fitFibonacci(input);
    default:
      return fitConstant(input);
  }
}
