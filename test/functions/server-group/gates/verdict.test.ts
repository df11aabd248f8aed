import { describe, expect, it } from 'vitest';
import { conditionsToWrite, judge, mayClose, type Place, verdict } from '#functions/server-group/gates/verdict.ts';
import { gateTypes, type Pod } from '#shared/model/readiness-gates.ts';

const place = (state: Place['state'], more: Partial<Place> = {}): Place => ({
  group: 'sgp-1',
  service: 'web',
  server: '10.64.0.1:8080',
  state,
  ...more,
});
const now = Date.parse('2026-11-21T12:00:00.789Z');
const [gate, otherGate] = gateTypes;

const aPod = (gates: readonly string[], conditions: NonNullable<Pod['status']>['conditions'] = []): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web-a', namespace: 'shop' },
  spec: { readinessGates: gates.map((conditionType) => ({ conditionType })) },
  status: { conditions },
});

describe('the verdict on a Pod', () => {
  it.each<[string, readonly Place['state'][], boolean, string]>([
    ['in service everywhere', ['in service', 'in service'], true, 'InService'],
    ['a server nowhere', [], true, 'NoServerWanted'],
    ['missing in one group', ['in service', 'unregistered'], false, 'AwaitingRegistration'],
    ['in a group that is being changed', ['in service', 'unknown'], false, 'AwaitingRegistration'],
    ['in a group that no listener names', ['in service', 'unlisted'], false, 'AwaitingListener'],
    ['ill in one group', ['in service', 'unhealthy'], false, 'AwaitingHealth'],
    ['missing in one and ill in another', ['unhealthy', 'unregistered'], false, 'AwaitingRegistration'],
  ])('%s', (_, states, open, reason) => {
    expect(judge(states.map((state) => place(state)))).toMatchObject({ open, reason });
  });

  it('names what is awaited, and of much the first few', () => {
    const ill = [1, 2, 3, 4, 5].map((n) => place('unhealthy', { group: `sgp-${n}`, health: 'Unhealthy' }));
    const { message } = judge([place('in service', { group: 'sgp-well' }), ...ill]);
    expect(message).toContain('10.64.0.1:8080 in sgp-1 (Service web, Unhealthy)');
    expect(message).toContain('2 more');
    expect(message).not.toMatch(/sgp-well|sgp-4/);
  });

  it('may close an open gate only when the Pod is known to be in no group', () => {
    expect(mayClose([place('unregistered'), place('unregistered')])).toBe(true);
    for (const state of ['in service', 'unhealthy', 'unlisted', 'unknown'] as const) {
      expect(mayClose([place('unregistered'), place(state)])).toBe(false);
    }
    // Where its node is the server, it was never in a group.
    expect(mayClose([])).toBe(false);
  });
});

describe('conditions to write', () => {
  const open = verdict('InService');

  it('are one for each gate of ours that the Pod has', () => {
    const written = conditionsToWrite(aPod([gate, 'example.com/gate', otherGate]), open, now);
    expect(written.map((one) => one.type)).toEqual([gate, otherGate]);
    expect(written[0]).toMatchObject({ status: 'True', reason: 'InService', lastTransitionTime: '2026-11-21T12:00:00Z' });
    expect(conditionsToWrite(aPod(['example.com/gate']), open, now)).toEqual([]);
  });

  it('are none for a gate that is open, whoever opened it', () => {
    const conditions = [
      { type: gate, status: 'True', reason: 'Other', message: 'somebody else', lastTransitionTime: '2026-01-01T00:00:00Z' },
    ];
    expect(conditionsToWrite(aPod([gate], conditions), open, now)).toEqual([]);
  });

  it('tell another reason under the same time, and another status under a new one', () => {
    const waiting = verdict('AwaitingHealth', [place('unhealthy')]);
    const conditions = [
      { type: gate, status: 'False', reason: 'AwaitingRegistration', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' },
    ];
    const pod = aPod([gate], conditions);
    expect(conditionsToWrite(pod, waiting, now)).toMatchObject([{ reason: 'AwaitingHealth', lastTransitionTime: '2026-01-01T00:00:00Z' }]);
    expect(conditionsToWrite(pod, open, now)).toMatchObject([{ status: 'True', lastTransitionTime: '2026-11-21T12:00:00Z' }]);
    const said = aPod([gate], [{ ...waiting, type: gate, status: 'False', lastTransitionTime: '2026-01-01T00:00:00Z' }]);
    expect(conditionsToWrite(said, waiting, now)).toEqual([]);
  });
});
