/** Records over any API server, in memory or real, must behave exactly so: all safety of the steps rests on it. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AlbConfigKey, ServiceKey } from '#events/contract/messages.ts';
import type { Kube } from '#shared/kube/port.ts';
import { ownNamespace } from '#shared/ownership.ts';
import { type Claim, ClaimLost } from '#shared/step/claim.ts';
import { leaseName } from '#shared/step/lease.ts';
import { emptyServiceLedger, type ServiceLedger } from '#shared/step/record.ts';
import { createRecords, isTaken, type Taken } from '#shared/step/records.ts';

export interface RecordsUnderTest {
  readonly kube: Kube;
  stop(): Promise<void>;
}

interface Note {
  readonly text: string;
}
const empty: Note = { text: '' };
const by = (holder: string, claimSeconds = 60) => ({ holder, claimSeconds });

function ours<T>(claim: Claim<T> | Taken | 'absent'): Claim<T> {
  if (claim === 'absent' || isTaken(claim)) throw new Error('the claim was not to be had');
  return claim;
}

export function recordsContract(title: string, make: () => Promise<RecordsUnderTest>): void {
  describe(`records: ${title}`, () => {
    let under: RecordsUnderTest;
    let kube: Kube;
    const newKey = (): AlbConfigKey => ({ kind: 'AlbConfig', cluster: 'c-test', name: `cafe-${randomUUID().slice(0, 8)}` });
    const newService = (): ServiceKey => ({
      kind: 'Service',
      cluster: 'c-test',
      namespace: 'shop',
      name: `tea-${randomUUID().slice(0, 8)}`,
    });
    /** The same records on a clock that runs ahead: what a successor sees when the bound has passed. */
    const later = (seconds: number) => createRecords({ ...kube, now: () => kube.now() + seconds * 1000 });

    beforeAll(async () => {
      under = await make();
      kube = under.kube;
      await kube.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: ownNamespace } });
    });
    afterAll(() => under.stop());

    it('lets one of sixteen racers win, whether the record is there or not', async () => {
      const key = newKey();
      for (const round of ['made', 'free']) {
        const racers = Array.from({ length: 16 }, (_, index) => createRecords(kube).claim(key, by(`${round}-${index}`), empty));
        const won = (await Promise.all(racers)).filter((one) => !isTaken(one));
        expect(won).toHaveLength(1);
        await ours(won[0] ?? 'absent').release({ text: round });
      }
    });

    it('has the first contender come back when the claim runs out, and the others not', async () => {
      const key = newKey();
      const records = createRecords(kube);
      const claim = ours(await records.claim(key, by('holder', 60), empty));
      const contenders = [await records.claim(key, by('first'), empty), await records.claim(key, by('second'), empty)];
      expect(contenders.every(isTaken)).toBe(true);
      const pauses = contenders.map((one) => (isTaken(one) ? one.comeBackSeconds : -1));
      expect(pauses[0]).toBeGreaterThan(50);
      expect(pauses[1]).toBe(0);
      // The first, delivered again before it was settled, is still the one that comes back.
      expect(await records.claim(key, by('first'), empty)).toMatchObject({
        taken: true,
        comeBackSeconds: expect.closeTo(pauses[0] ?? 0, -1),
      });
      await claim.release(empty);
    });

    it('has another contender come back when the mark is old, for who left it may have died too', async () => {
      const key = newKey();
      const claim = ours(await createRecords(kube).claim(key, by('holder', 60), empty));
      await createRecords(kube).claim(key, by('first'), empty);
      const pauses: number[] = [];
      for (const [name, seconds] of [
        ['second', 8],
        ['third', 12],
        ['fourth', 14],
        ['fifth', 25],
      ] as const) {
        const one = await later(seconds).claim(key, by(name), empty);
        pauses.push(isTaken(one) ? one.comeBackSeconds : -1);
      }
      expect(pauses.map((one) => one > 0)).toEqual([false, true, false, true]);
      expect(await claim.release(empty)).toEqual({ again: true });
    });

    it('has the key put back once for all contenders', async () => {
      const key = newKey();
      const records = createRecords(kube);
      const claim = ours(await records.claim(key, by('holder'), empty));
      await Promise.all(['a', 'b', 'c'].map((name) => records.claim(key, by(name), empty)));
      await claim.save({ text: 'saved under a mark' });
      expect(await claim.release({ text: 'released' })).toEqual({ again: true });
      const next = ours(await records.claim(key, by('next'), empty));
      expect(next.record.ledger).toEqual({ text: 'released' });
      expect(await next.release(empty)).toEqual({ again: false });
    });

    it('is succeeded after the bound, with a later epoch and what was saved', async () => {
      const key = newKey();
      const dead = ours(await createRecords(kube).claim(key, by('dead', 30), empty));
      await dead.save({ text: 'half done' });
      expect(isTaken(await later(29).claim(key, by('early'), empty))).toBe(true);
      const successor = ours(await later(31).claim(key, by('successor'), empty));
      expect(successor.record).toMatchObject({ ledger: { text: 'half done' }, epoch: dead.record.epoch + 1 });
      // The mark of who came too early was for the dead one; the successor reads everything anew.
      expect(await successor.release(empty)).toEqual({ again: false });
    });

    it('tells the old holder that the claim is lost, at every write, and lets it change nothing', async () => {
      const key = newKey();
      const old = ours(await createRecords(kube).claim(key, by('old', 30), empty));
      const successor = ours(await later(31).claim(key, by('successor'), empty));
      await expect(old.save({ text: 'ghost' })).rejects.toThrow(ClaimLost);
      await expect(old.release({ text: 'ghost' })).rejects.toThrow(ClaimLost);
      await expect(old.release(undefined)).rejects.toThrow(ClaimLost);
      await successor.save({ text: 'mine' });
      await successor.release(successor.record.ledger);
      await expect(old.save({ text: 'ghost' })).rejects.toThrow(ClaimLost);
      expect((await createRecords(kube).read(key, empty))?.ledger).toEqual({ text: 'mine' });
    });

    it('tells it too when the record was removed and made anew: epochs begin again then', async () => {
      const key = newKey();
      const old = ours(await createRecords(kube).claim(key, by('old', 30), empty));
      await ours(await later(31).claim(key, by('successor'), empty)).release(undefined);
      const next = ours(await createRecords(kube).claim(key, by('next'), empty));
      expect(next.record.epoch).toBe(old.record.epoch);
      await expect(old.save({ text: 'ghost' })).rejects.toThrow(ClaimLost);
      await expect(old.release({ text: 'ghost' })).rejects.toThrow(ClaimLost);
      await next.save({ text: 'mine' });
      expect((await createRecords(kube).read(key, empty))?.ledger).toEqual({ text: 'mine' });
    });

    it('covers a call only until the bound, and none after the release', async () => {
      const claim = ours(await createRecords(kube).claim(newKey(), by('holder', 30), empty));
      expect(claim.covers(25_000)).toBe(true);
      expect(claim.covers(31_000)).toBe(false);
      await claim.release(empty);
      expect(claim.covers(0)).toBe(false);
      await expect(claim.save(empty)).rejects.toThrow(ClaimLost);
      await expect(claim.release(empty)).rejects.toThrow(ClaimLost);
    });

    it('leaves a key without a record alone when only an existing one is claimed', async () => {
      const key = newKey();
      expect(await createRecords(kube).claimExisting(key, by('holder'), empty)).toBe('absent');
      expect(await createRecords(kube).read(key, empty)).toBeUndefined();
    });

    it('takes groups of several AlbConfigs beside a claim, and keeps them through save and release', async () => {
      const key = newService();
      const records = createRecords(kube);
      const groupOf = (albConfig: string) => ({ albConfig, mode: 'eni', portName: 'http' }) as const;
      await records.setGroups(key, 'cafe', { 'sgp-1': groupOf('cafe') });
      const claim = ours(await records.claim<ServiceLedger>(key, by('lane'), emptyServiceLedger));
      await records.setGroups(key, 'bar', { 'sgp-2': groupOf('bar') });
      await claim.save({ members: { 'sgp-1': { wanted: 1 } } });
      expect(Object.keys(claim.record.groups).sort()).toEqual(['sgp-1', 'sgp-2']);
      await records.setGroups(key, 'cafe', {});
      await claim.release({ members: { 'sgp-1': { wanted: 2 } } });
      expect(await records.read(key, emptyServiceLedger)).toMatchObject({
        groups: { 'sgp-2': groupOf('bar') },
        ledger: { members: { 'sgp-1': { wanted: 2 } } },
      });
    });

    it('stays while it holds groups, and goes with the last thing it records', async () => {
      const key = newService();
      const records = createRecords(kube);
      await records.setGroups(key, 'cafe', { 'sgp-1': { albConfig: 'cafe', mode: 'eni', portName: '' } });
      const first = ours(await records.claim<ServiceLedger>(key, by('lane'), emptyServiceLedger));
      await first.release(undefined);
      expect(await records.read(key, emptyServiceLedger)).toMatchObject({ ledger: emptyServiceLedger, claimedUntil: 0 });
      const second = ours(await records.claim<ServiceLedger>(key, by('lane'), emptyServiceLedger));
      await records.setGroups(key, 'cafe', {});
      await second.release(undefined);
      expect(await kube.get(leaseName(key))).toBeUndefined();
    });

    it('makes no record for groups that are taken back', async () => {
      const key = newService();
      await createRecords(kube).setGroups(key, 'cafe', {});
      expect(await kube.get(leaseName(key))).toBeUndefined();
    });

    it('lists the records of one kind by key, and leaves out what somebody has damaged', async () => {
      const keys = [newKey(), newKey()];
      const records = createRecords(kube);
      for (const key of keys) await ours(await records.claim(key, by('holder'), empty)).release({ text: key.name });
      await kube.mergePatch(leaseName(keys[1] ?? newKey()), { metadata: { annotations: { 'albeit.io/key': '{"kind":"AlbConfig"' } } });
      const listed = await records.list('AlbConfig', empty);
      expect(listed.get(`c-test/AlbConfig/${keys[0]?.name}`)?.ledger).toEqual({ text: keys[0]?.name });
      expect([...listed.keys()]).not.toContain(`c-test/AlbConfig/${keys[1]?.name}`);
    });

    it('takes a damaged ledger for a lost one', async () => {
      const key = newKey();
      const records = createRecords(kube);
      await ours(await records.claim(key, by('holder'), empty)).release({ text: 'kept' });
      await kube.mergePatch(leaseName(key), { metadata: { annotations: { 'albeit.io/ledger': '{"text":' } } });
      expect((await records.read(key, empty))?.ledger).toEqual(empty);
      expect(ours(await records.claim(key, by('next'), empty)).record.ledger).toEqual(empty);
    });
  });
}
