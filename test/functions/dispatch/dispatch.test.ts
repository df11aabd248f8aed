import { beforeEach, describe, expect, it } from 'vitest';
import type { Message } from '#events/contract/messages.ts';
import { dispatchAll } from '#functions/dispatch/dispatch.ts';
import { AlbeitError } from '#shared/errors.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import { createFakeKube, type FakeKube } from '#test/support/fake-kube.ts';
import { aClass, anAlbConfig, anIngress, aService, aSite } from '#test/support/objects.ts';
import { aWorkshop } from '#test/support/workshops.ts';

const { cluster } = aSite;
const changed = (name: string): Message => ({
  type: 'albeit.object.changed',
  version: 1,
  key: { kind: 'AlbConfig', cluster, name },
  reason: 'modified',
  attempt: 0,
});
const resync: Message = { type: 'albeit.object.changed', version: 1, key: { kind: 'Cluster', cluster }, reason: 'resync', attempt: 0 };
const others = [anAlbConfig({ name: 'bar' }), anAlbConfig({ name: 'club' })];

let kube: FakeKube;
const holding = (objects: readonly KubeObject[]): void => {
  kube = createFakeKube([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }, ...objects]);
};
const dispatch = (...messages: readonly Message[]) => dispatchAll(messages, aWorkshop(kube));
/** What was asked for, by AlbConfig. */
async function asked(...messages: readonly Message[]): Promise<readonly string[]> {
  const settled = await dispatch(...messages);
  return [...settled.values()].flatMap(({ sends }) =>
    sends.map(({ message }) => `${'name' in message.key ? message.key.name : ''} ${'step' in message ? message.step : message.type}`),
  );
}
const warnings = () =>
  kube.held<KubeObject & { readonly reason: string; readonly count: number }>('Event').map(({ reason, count }) => `${reason} ${count}`);

beforeEach(() => holding([anAlbConfig(), aClass(), anIngress(), aService('coffee'), ...others]));

describe('dispatch', () => {
  it('asks for the chain of each AlbConfig once, whatever the batch says of it', async () => {
    expect(await asked(changed('cafe'), changed('cafe'), changed('bar'))).toEqual(['cafe instance', 'bar instance']);
    expect((await asked(changed('bar'), resync, changed('cafe'), { ...resync })).toSorted()).toEqual([
      'bar instance',
      'cafe instance',
      'club instance',
    ]);
  });

  it('looks at each by itself when the whole cluster could not be listed', async () => {
    kube.fail(new AlbeitError('KUBE-AWAY', { detail: 'x' }), 1, (call) => call.verb === 'list' && call.kind === 'Service');
    const settled = await dispatch(resync, changed('cafe'));
    expect(settled.get(resync)).toMatchObject({ outcome: { kind: 'park' }, sends: [] });
    const [, second] = [...settled.values()];
    expect(second).toMatchObject({ outcome: { kind: 'done' }, sends: [{ message: { step: 'instance' } }] });
  });

  it('keeps no AlbConfig waiting for one that cannot be looked at', async () => {
    holding([
      aClass(),
      aClass({ name: 'alb-new', albConfig: 'new' }),
      anAlbConfig(),
      anIngress({ spec: { ingressClassName: 'alb-new' } }),
      ...others,
    ]);
    kube.fail(new AlbeitError('KUBE-REFUSED', { detail: 'x' }), 1, (call) => call.verb === 'create' && call.kind === 'AlbConfig');
    expect((await asked(resync)).toSorted()).toEqual(['bar instance', 'cafe instance', 'club instance', 'new albeit.object.changed']);
  });

  it('settles every message', async () => {
    const members: Message = {
      type: 'albeit.members.requested',
      version: 1,
      key: { kind: 'Service', cluster, namespace: 'shop', name: 'tea' },
      attempt: 0,
    };
    const messages = [members, resync, changed('cafe'), changed('nobody')];
    const settled = await dispatch(...messages);
    expect(new Set(settled.keys())).toEqual(new Set(messages));
    expect(settled.get(members)).toMatchObject({ outcome: { kind: 'refuse' } });
  });

  it('takes the AlbConfig that somebody else has just made', async () => {
    holding([aClass(), anIngress(), aService('coffee')]);
    const slow = {
      ...kube,
      create: async <T extends KubeObject>(object: T) => {
        if (object.kind === 'AlbConfig') await kube.create(anAlbConfig());
        return kube.create(object);
      },
    };
    const settled = await dispatchAll([changed('cafe')], aWorkshop(slow));
    expect([...settled.values()]).toMatchObject([{ sends: [{ message: { step: 'instance', phase: 'apply' } }] }]);
  });
});

describe('what no chain can tell', () => {
  it('is told of an Ingress whose class names no AlbConfig, once and then counted', async () => {
    const astray: KubeObject = { ...aClass(), spec: { controller: 'ingress.k8s.alibabacloud/alb' } } as KubeObject; // a class without parameters
    holding([astray, anIngress(), ...others]);
    expect((await asked(resync)).toSorted()).toEqual(['bar instance', 'club instance']);
    expect(warnings()).toEqual(['CLASS-PARAMETERS 1']);
    await asked(resync);
    expect(warnings()).toEqual(['CLASS-PARAMETERS 2']);
  });

  it('is told of an Ingress for which no AlbConfig could be made', async () => {
    holding([aClass(), anIngress({ annotations: { edition: 'Gold' } }), aService('coffee')]);
    expect(await asked(changed('cafe'))).toEqual([]);
    expect(warnings()).toEqual(['ANNOTATION-INVALID 1']);
  });

  it('is nothing where nothing is wrong', async () => {
    await asked(resync);
    expect(warnings()).toEqual([]);
  });
});
