/** Pods and the templates of Deployments and ReplicaSets. */
import type { Causes } from '../causes.ts';
import { ensureMap, isMap, type Json, type JsonMap, listAt, mapAt, numberAt, same, setDefault, textAt, textsAt } from '../json.ts';
import { checkLabels, isName } from '../metadata.ts';
import type { Strategy } from '../strategy.ts';

const POD_DEFAULTS: JsonMap = {
  restartPolicy: 'Always',
  dnsPolicy: 'ClusterFirst',
  schedulerName: 'default-scheduler',
  terminationGracePeriodSeconds: 30,
  securityContext: {},
};
const PROBE_DEFAULTS: JsonMap = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };

function setDefaults(map: JsonMap, defaults: JsonMap): void {
  for (const [key, value] of Object.entries(defaults)) setDefault(map, key, structuredClone(value));
}

const hasLatestTag = (image: string): boolean => {
  const name = image.split('/').at(-1) ?? '';
  return !name.includes('@') && (!name.includes(':') || name.endsWith(':latest'));
};

function fillContainer(container: JsonMap): void {
  setDefaults(container, { terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File', resources: {} });
  setDefault(container, 'imagePullPolicy', hasLatestTag(textAt(container, 'image')) ? 'Always' : 'IfNotPresent');
  for (const port of listAt(container, 'ports').filter(isMap)) setDefault(port, 'protocol', 'TCP');
  for (const env of listAt(container, 'env').filter(isMap)) {
    if (isMap(mapAt(env, 'valueFrom')['fieldRef'])) setDefault(mapAt(env, 'valueFrom', 'fieldRef'), 'apiVersion', 'v1');
  }
  for (const key of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = container[key];
    if (!isMap(probe)) continue;
    setDefaults(probe, PROBE_DEFAULTS);
    if (isMap(probe['httpGet'])) setDefaults(probe['httpGet'], { path: '/', scheme: 'HTTP' });
  }
}

/** Sets what the API sets in the spec of a pod, also inside a template. */
function fillPodSpec(spec: JsonMap): void {
  setDefaults(spec, POD_DEFAULTS);
  for (const key of ['containers', 'initContainers']) for (const container of listAt(spec, key).filter(isMap)) fillContainer(container);
  for (const volume of listAt(spec, 'volumes').filter(isMap)) {
    for (const source of ['secret', 'configMap']) if (isMap(volume[source])) setDefault(volume[source], 'defaultMode', 420);
  }
  if (textAt(spec, 'serviceAccountName') !== '') setDefault(spec, 'serviceAccount', textAt(spec, 'serviceAccountName'));
}

function checkPodSpec(causes: Causes, spec: JsonMap, at: string): void {
  const containers = listAt(spec, 'containers');
  if (containers.length === 0) causes.required(`${at}.containers`);
  const names = new Set<string>();
  for (const [index, container] of containers.entries()) {
    const path = `${at}.containers[${index}]`;
    const name = textAt(container, 'name');
    if (name === '') causes.required(`${path}.name`);
    else if (!isName(name, 'label')) causes.invalid(`${path}.name`, name, 'a lowercase RFC 1123 label is needed');
    if (names.has(name)) causes.duplicate(`${path}.name`, name);
    names.add(name);
    if (textAt(container, 'image') === '') causes.required(`${path}.image`);
    for (const [place, port] of listAt(container, 'ports').entries()) checkContainerPort(causes, port, `${path}.ports[${place}]`);
  }
  const policy = textAt(spec, 'restartPolicy');
  if (!['Always', 'OnFailure', 'Never'].includes(policy))
    causes.notSupported(`${at}.restartPolicy`, policy, ['Always', 'OnFailure', 'Never']);
}

function checkContainerPort(causes: Causes, port: Json, at: string): void {
  const number = numberAt(port, 'containerPort');
  if (number === undefined) causes.required(`${at}.containerPort`);
  else if (number < 1 || number > 65_535) causes.invalid(`${at}.containerPort`, number, 'must be between 1 and 65535, inclusive');
  const protocol = textAt(port, 'protocol');
  if (!['SCTP', 'TCP', 'UDP'].includes(protocol)) causes.notSupported(`${at}.protocol`, protocol, ['SCTP', 'TCP', 'UDP']);
}

/** What may change in the spec of a pod that exists. */
const MUTABLE = ['activeDeadlineSeconds', 'terminationGracePeriodSeconds', 'tolerations', 'schedulingGates', 'nodeName'];

function fixedPart(spec: JsonMap): JsonMap {
  const withoutImages = (list: readonly Json[]): Json[] => list.map((one) => ({ ...mapAt(one), image: '' }));
  const kept = Object.fromEntries(Object.entries(spec).filter(([key]) => !MUTABLE.includes(key)));
  return { ...kept, containers: withoutImages(listAt(spec, 'containers')), initContainers: withoutImages(listAt(spec, 'initContainers')) };
}

/** Admission adds these to every new pod that has none of its own for the key. */
const DEFAULT_TOLERATIONS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

function addTolerations(spec: JsonMap): void {
  const given = listAt(spec, 'tolerations');
  const missing = DEFAULT_TOLERATIONS.filter(
    (key) => !given.some((one) => ['', key].includes(textAt(one, 'key')) && ['', 'NoExecute'].includes(textAt(one, 'effect'))),
  );
  const added = missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }));
  if (added.length > 0) spec['tolerations'] = [...given, ...added];
}

export const pod: Strategy = {
  prepare: (one, old) => {
    if (old === undefined) addTolerations(mapAt(one, 'spec'));
  },
  fillIn: (one) => {
    fillPodSpec(ensureMap(one, 'spec'));
    setDefaults(mapAt(one, 'spec'), { enableServiceLinks: true, preemptionPolicy: 'PreemptLowerPriority', priority: 0 });
    setDefaults(ensureMap(one, 'status'), { phase: 'Pending', qosClass: 'BestEffort' });
  },
  validate: (one, causes, old) => {
    checkPodSpec(causes, mapAt(one, 'spec'), 'spec');
    const bound = textAt(old, 'spec', 'nodeName');
    const rebound = bound !== '' && bound !== textAt(one, 'spec', 'nodeName');
    if (old !== undefined && (rebound || !same(fixedPart(mapAt(old, 'spec')), fixedPart(mapAt(one, 'spec'))))) {
      causes.forbidden(
        'spec',
        'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
      );
    }
  },
};

function fillTemplate(spec: JsonMap): void {
  const template = ensureMap(spec, 'template');
  fillPodSpec(ensureMap(template, 'spec'));
  ensureMap(template, 'metadata');
}

function validateWorkload(one: JsonMap, causes: Causes, old: JsonMap | undefined): void {
  const spec = mapAt(one, 'spec');
  const wanted = textsAt(spec, 'selector', 'matchLabels');
  const labels = textsAt(spec, 'template', 'metadata', 'labels');
  if (spec['selector'] === undefined) causes.required('spec.selector');
  else if (Object.keys(wanted).length === 0 && listAt(spec, 'selector', 'matchExpressions').length === 0) {
    causes.invalid('spec.selector', spec['selector'], 'empty selector is invalid for deployment');
  }
  if (Object.entries(wanted).some(([key, value]) => labels[key] !== value)) {
    causes.invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`');
  }
  checkLabels(causes, 'spec.template.metadata.labels', labels);
  checkPodSpec(causes, mapAt(spec, 'template', 'spec'), 'spec.template.spec');
  if ((numberAt(spec, 'replicas') ?? 0) < 0) causes.invalid('spec.replicas', spec['replicas'], 'must be greater than or equal to 0');
  if (old !== undefined && !same(mapAt(old, 'spec')['selector'], spec['selector']))
    causes.invalid('spec.selector', spec['selector'], 'field is immutable');
}

export const deployment: Strategy = {
  fillIn: (one) => {
    const spec = ensureMap(one, 'spec');
    setDefaults(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600, strategy: {} });
    const strategy = mapAt(spec, 'strategy');
    setDefault(strategy, 'type', 'RollingUpdate');
    if (strategy['type'] === 'RollingUpdate') setDefaults(ensureMap(strategy, 'rollingUpdate'), { maxSurge: '25%', maxUnavailable: '25%' });
    fillTemplate(spec);
    ensureMap(one, 'status');
  },
  validate: validateWorkload,
};

export const replicaSet: Strategy = {
  fillIn: (one) => {
    const spec = ensureMap(one, 'spec');
    setDefault(spec, 'replicas', 1);
    fillTemplate(spec);
    setDefault(ensureMap(one, 'status'), 'replicas', 0);
  },
  validate: validateWorkload,
};
