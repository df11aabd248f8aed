/** Kinds with few rules: each a small strategy. */
import { ensureMap, type JsonMap, mapAt, numberAt, setDefault, textAt, textsAt } from '../json.ts';
import type { Strategy } from '../strategy.ts';

export const namespace: Strategy = {
  name: 'label',
  fillIn: (one) => {
    const labels = ensureMap(mapAt(one, 'metadata'), 'labels');
    labels['kubernetes.io/metadata.name'] = textAt(one, 'metadata', 'name');
    setDefault(ensureMap(one, 'status'), 'phase', 'Active');
  },
  prepare: (one, old) => {
    if (old === undefined) ensureMap(one, 'spec')['finalizers'] = ['kubernetes'];
  },
};

const CONFIG_KEY = /^[-._a-zA-Z0-9]+$/;

/** Needed data of the typed Secrets. */
const SECRET_KEYS: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
};

export const secret: Strategy = {
  fillIn: (one) => {
    setDefault(one, 'type', 'Opaque');
    const given = Object.entries(textsAt(one, 'stringData'));
    delete one['stringData'];
    if (given.length === 0) return;
    const data = ensureMap(one, 'data');
    for (const [key, text] of given) data[key] = Buffer.from(text).toString('base64');
  },
  validate: (one, causes, old) => {
    const data = textsAt(one, 'data');
    for (const key of Object.keys(data)) {
      if (!CONFIG_KEY.test(key))
        causes.invalid(`data[${key}]`, key, "a valid config key must consist of alphanumeric characters, '-', '_' or '.'");
    }
    for (const key of SECRET_KEYS[textAt(one, 'type')] ?? []) if (data[key] === undefined) causes.required(`data[${key}]`);
    if (old !== undefined && textAt(old, 'type') !== textAt(one, 'type')) causes.invalid('type', textAt(one, 'type'), 'field is immutable');
    checkImmutable(one, old, ['data'], causes);
  },
};

function checkImmutable(
  one: JsonMap,
  old: JsonMap | undefined,
  fields: readonly string[],
  causes: Parameters<NonNullable<Strategy['validate']>>[1],
): void {
  if (old?.['immutable'] !== true) return;
  if (one['immutable'] !== true) causes.forbidden('immutable', 'field is immutable when `immutable` is set');
  for (const field of fields)
    if (JSON.stringify(old[field]) !== JSON.stringify(one[field])) causes.forbidden(field, 'field is immutable when `immutable` is set');
}

export const configMap: Strategy = {
  validate: (one, causes, old) => {
    for (const key of Object.keys({ ...mapAt(one, 'data'), ...mapAt(one, 'binaryData') })) {
      if (!CONFIG_KEY.test(key))
        causes.invalid(`data[${key}]`, key, "a valid config key must consist of alphanumeric characters, '-', '_' or '.'");
    }
    checkImmutable(one, old, ['data', 'binaryData'], causes);
  },
};

export const lease: Strategy = {
  fillIn: (one) => {
    ensureMap(one, 'spec');
  },
  validate: (one, causes) => {
    const seconds = numberAt(one, 'spec', 'leaseDurationSeconds');
    if (seconds !== undefined && seconds <= 0) causes.invalid('spec.leaseDurationSeconds', seconds, 'must be greater than 0');
    const transitions = numberAt(one, 'spec', 'leaseTransitions');
    if (transitions !== undefined && transitions < 0)
      causes.invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0');
  },
};

export const event: Strategy = {
  validate: (one, causes) => {
    const involved = textAt(one, 'involvedObject', 'namespace');
    const own = textAt(one, 'metadata', 'namespace');
    // An event about a cluster-scoped object stands in `default`.
    const fits = involved === '' ? own === 'default' : involved === own;
    if (!fits) causes.invalid('involvedObject.namespace', involved, 'does not match event.namespace');
  },
};

const NODE_INFO = [
  'architecture',
  'bootID',
  'containerRuntimeVersion',
  'kernelVersion',
  'kubeProxyVersion',
  'kubeletVersion',
  'machineID',
  'operatingSystem',
  'osImage',
  'systemUUID',
];

export const node: Strategy = {
  fillIn: (one) => {
    ensureMap(one, 'spec');
    const status = ensureMap(one, 'status');
    const info = ensureMap(status, 'nodeInfo');
    for (const field of NODE_INFO) setDefault(info, field, '');
    setDefault(status, 'daemonEndpoints', { kubeletEndpoint: { Port: 0 } });
  },
};
