import type { Machine } from "./machine.ts";
import type { World } from "./world.ts";

const DOWN_MAX_MS = 180_000;
/** Longer than a run may stand still. */
const CLOCK_OFFSET_MAX_MS = 3 * 3_600_000;
const PAUSE_MAX_MS = 150_000;
const CUT_OFF_MAX_MS = 150_000;
const TICK_MS = 1_000;

/** Lets something happen now and then while there are faults; a mean of 0 is never. */
function recur(world: World, meanMs: number, happen: () => void): void {
  if (meanMs === 0) return;
  world.agenda.after(world.random.exponential(meanMs), () => {
    if (!world.isFaulty) return;
    happen();
    recur(world, meanMs, happen);
  });
}

/** The faults that come by themselves; those of frames, commits and batches are drawn where they happen. */
export function planFaults(world: World): void {
  const { faults, random, server } = world;
  recur(world, faults.serverCrashMs, () => server.crash());
  recur(world, faults.serverPauseMs, () => server.pause(random.between(1_000, PAUSE_MAX_MS)));
  recur(world, faults.serverClockStepMs, () => {
    const offsetMs = random.between(-CLOCK_OFFSET_MAX_MS, CLOCK_OFFSET_MAX_MS);
    world.trace(`server: clock set to ${offsetMs} ms off`);
    server.setClock(offsetMs);
  });
  watchMachines(world, new Set());
  recur(world, faults.linkBreakMs / 3, () => {
    const connections = server.links.connections();
    if (connections.length > 0) random.pick(connections).break(random.chance(0.5));
  });
}

/** Each machine has its own misfortunes from the moment that it exists. */
function watchMachines(world: World, watched: Set<Machine>): void {
  for (const machine of world.machines) {
    if (watched.has(machine)) continue;
    watched.add(machine);
    planMachineFaults(world, machine);
  }
  world.agenda.after(TICK_MS, () => {
    if (world.isFaulty) watchMachines(world, watched);
  });
}

function planMachineFaults(world: World, machine: Machine): void {
  const { faults, random } = world;
  recur(world, faults.powerOffMs, () => {
    machine.powerOff();
    if (random.chance(0.8)) {
      world.agenda.after(random.between(0, DOWN_MAX_MS), () => machine.powerOn());
    }
  });
  recur(world, faults.cutOffMs, () => machine.cutOff(random.between(1_000, CUT_OFF_MAX_MS)));
  recur(world, faults.rebootMs, () => machine.reboot());
  recur(world, faults.agentCrashMs, () => machine.crashAgent());
  recur(world, faults.agentPauseMs, () => {
    machine.agent?.pause(random.between(1_000, PAUSE_MAX_MS));
  });
  recur(world, faults.shimDeathMs, () => machine.killShim());
  recur(world, faults.nodeClockStepMs, () => {
    machine.setClock(random.between(-CLOCK_OFFSET_MAX_MS, CLOCK_OFFSET_MAX_MS));
  });
}
