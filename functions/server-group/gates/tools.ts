/** What readiness gates are worked on with: made once a batch, so that what was read for one Service is known for the others. */
import type { Workshop } from '#shared/step/workshop.ts';
import { GatePlaces } from './places.ts';
import { type GateReads, openGateReads } from './reads.ts';
import { GateWriter } from './writer.ts';

export interface GateTools {
  readonly at: Workshop;
  readonly reads: GateReads;
  readonly places: GatePlaces;
  readonly writer: GateWriter;
}

export function openGateTools(at: Workshop): GateTools {
  const reads = openGateReads(at);
  return { at, reads, places: new GatePlaces(at, reads), writer: new GateWriter(at) };
}
