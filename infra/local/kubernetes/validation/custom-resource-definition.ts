/** CustomResourceDefinitions. */
import { ensureMap, type JsonMap, listAt, mapAt, setDefault, textAt } from '../json.ts';
import { timestamp } from '../metadata.ts';
import type { Strategy } from '../strategy.ts';
import { checkVersions } from './structural.ts';

const SCOPES = ['Cluster', 'Namespaced'];

/** A definition is established at once: there is no other server that must learn of it. */
export const customResourceDefinition: Strategy = {
  fillIn: (one) => {
    const spec = ensureMap(one, 'spec');
    setDefault(spec, 'conversion', { strategy: 'None' });
    const names = ensureMap(spec, 'names');
    setDefault(names, 'singular', textAt(names, 'kind').toLowerCase());
    setDefault(names, 'listKind', `${textAt(names, 'kind')}List`);
  },
  prepare: (one) => {
    const names = mapAt(one, 'spec', 'names');
    const stored = listAt(one, 'spec', 'versions').filter((version) => mapAt(version)['storage'] === true);
    const at = textAt(one, 'metadata', 'creationTimestamp') || timestamp(0);
    const condition = (type: string, reason: string, message: string): JsonMap => ({
      type,
      status: 'True',
      lastTransitionTime: at,
      reason,
      message,
    });
    one['status'] = {
      conditions: [
        condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
        condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
      ],
      acceptedNames: names,
      storedVersions: stored.map((version) => textAt(version, 'name')),
    };
  },
  validate: (one, causes) => {
    const spec = mapAt(one, 'spec');
    const wanted = `${textAt(spec, 'names', 'plural')}.${textAt(spec, 'group')}`;
    if (textAt(one, 'metadata', 'name') !== wanted)
      causes.invalid('metadata.name', textAt(one, 'metadata', 'name'), `must be spec.names.plural+"."+spec.group`);
    for (const field of ['group', 'scope']) if (textAt(spec, field) === '') causes.required(`spec.${field}`);
    if (textAt(spec, 'scope') !== '' && !SCOPES.includes(textAt(spec, 'scope')))
      causes.notSupported('spec.scope', textAt(spec, 'scope'), SCOPES);
    for (const field of ['plural', 'kind']) if (textAt(spec, 'names', field) === '') causes.required(`spec.names.${field}`);
    const versions = listAt(spec, 'versions');
    if (versions.filter((version) => mapAt(version)['storage'] === true).length !== 1)
      causes.invalid('spec.versions', [...versions], 'must have exactly one version marked as storage version');
    checkVersions(causes, versions);
  },
};
