/** Short names out of content, in the alphabet of Kubernetes' generated names (no vowels, so no words). */
import { createHash } from 'node:crypto';
import { stableHash } from '#shared/model/stable-hash.ts';
import type { PodTemplate } from './objects.ts';

const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

const letters = (text: string, length: number): string =>
  [...createHash('sha256').update(text).digest().subarray(0, length)].map((byte) => alphabet[byte % alphabet.length]).join('');

/** The label that tells the Pods of one template of a Deployment from those of another. */
export const hashLabel = 'pod-template-hash';

/** Ten characters; the same for the same template, whatever the order of its members. The label itself does not count. */
export function templateHash(template: PodTemplate): string {
  const { [hashLabel]: _, ...labels } = template.metadata?.labels ?? {};
  return letters(stableHash({ ...template, metadata: { ...template.metadata, labels } }), 10);
}

/** Five characters for the n-th Pod of an owner. Not random: a pass that runs twice asks for the same Pod twice, and gets it once. */
export const ordinalSuffix = (ownerUid: string, ordinal: number): string => letters(`${ownerUid}/${ordinal}`, 5);
