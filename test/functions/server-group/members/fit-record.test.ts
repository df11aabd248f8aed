import { describe, expect, it } from 'vitest';
import { fitRecord } from '#functions/server-group/members/fit-record.ts';
import type { GroupMembers } from '#shared/step/record.ts';

const members = (count: number): GroupMembers => ({
  servers: Array.from({ length: count }, (_, index) => ({
    type: 'Eni',
    id: `eni-bp1xxxxxxxxxxxxx${index}`,
    ip: `10.64.${Math.floor(index / 250)}.${index % 250}`,
    port: 8080,
    weight: 100,
  })),
  registered: count,
  wanted: count,
  digest: 'as applied',
});

describe('the ledger of a Service', () => {
  it('stays as it is while it fits an annotation', () => {
    const ledger = { members: { 'sgp-1': members(1000), 'sgp-2': members(500) } };
    expect(fitRecord(ledger)).toBe(ledger);
  });

  it('forgets the servers of its largest groups, and nothing else of them, when it does not', () => {
    const ledger = { members: { 'sgp-1': members(1000), 'sgp-2': members(900), 'sgp-3': members(800), 'sgp-4': members(3) } };
    const fitting = fitRecord(ledger);
    expect(JSON.stringify(fitting).length).toBeLessThanOrEqual(200_000);
    expect(fitting.members['sgp-1']).toEqual({ registered: 1000, wanted: 1000, digest: 'as applied' });
    expect(fitting.members['sgp-4']).toEqual(members(3));
  });
});
