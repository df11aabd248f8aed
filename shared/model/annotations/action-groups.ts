/** Server groups as actions name them: ForwardGroup chooses among them, TrafficMirror copies to them. */
import * as z from 'zod/mini';
import type { CustomAction, NamedGroup } from './custom.ts';
import { maybe, member, oneOf, some, text, whole } from './member.ts';

/** ALB: server groups in one action. */
const groupsAtMost = 5;
/** ALB: seconds that a client stays with its group when nothing is said. */
const stickySeconds = 1000;
/** ALB: weight of the only group of an action. */
const fullWeight = 100;

const named = () => ({
  ServerGroupID: maybe(text(/^[A-Za-z0-9-]{0,64}$/, 'the id of a server group; it wins over a Service')),
  ServiceName: maybe(text(/^(?:[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?)?$/, 'the name of a Service in the namespace of the Ingress')),
  ServicePort: maybe(whole(1, 65_535)),
});

interface Written {
  readonly ServerGroupID?: string | undefined;
  readonly ServiceName?: string | undefined;
  readonly ServicePort?: number | undefined;
  readonly Weight?: number | undefined;
}

/** Empty text counts as absent. */
function groupOf({ ServerGroupID, ServiceName, ServicePort }: Written): NamedGroup | undefined {
  if (ServerGroupID !== undefined && ServerGroupID !== '') return { serverGroupId: ServerGroupID };
  const complete = ServiceName !== undefined && ServiceName !== '' && ServicePort !== undefined;
  return complete ? { service: ServiceName, port: ServicePort } : undefined;
}

const isNamed = (written: Written): boolean => groupOf(written) !== undefined;
const naming = 'a server group is named by ServerGroupID, or by ServiceName and ServicePort together';

const isNamedOnce = (written: readonly Written[]): boolean =>
  new Set(written.map((one) => JSON.stringify(groupOf(one)))).size === written.length;
const namedOnce = 'a server group may be named only once in an action';

const isWeighted = (written: readonly Written[]): boolean => written.length === 1 || written.every((one) => one.Weight !== undefined);
const weights = 'each of several server groups needs a Weight';

const entry = () => z.object({ ...named(), Weight: maybe(whole(0, 100), '100, when it is the only one') }).check(z.refine(isNamed, naming));
const mirrorEntry = () => z.object({ ...named(), Weight: maybe(whole(0, 100), 'has no effect here') }).check(z.refine(isNamed, naming));

/** `ForwardConfig`. */
export const forwardSchema = () =>
  z.object({
    ServerGroups: some(entry(), groupsAtMost).check(z.refine(isWeighted, weights), z.refine(isNamedOnce, namedOnce)),
    ServerGroupStickySession: z.optional(
      z.object({
        Enabled: member(z.boolean(), 'true, false, without quotes'),
        Timeout: maybe(whole(1, 86_400), String(stickySeconds)),
      }),
    ),
  });

/** `TrafficMirrorConfig`. */
export const mirrorSchema = () =>
  z.object({
    TargetType: maybe(oneOf('ForwardGroupMirror'), 'ForwardGroupMirror'),
    MirrorGroupConfig: z.object({ ServerGroupTuples: some(mirrorEntry(), groupsAtMost).check(z.refine(isNamedOnce, namedOnce)) }),
  });

/** The groups that a schema above has let through; each is named. */
const groupsOf = <T>(written: readonly Written[], also: (one: Written) => T): readonly (NamedGroup & T)[] =>
  written.flatMap((one) => {
    const group = groupOf(one);
    return group === undefined ? [] : [{ ...group, ...also(one) }];
  });

/** Stickiness that is switched off is left out. */
export function makeForward(config: z.output<ReturnType<typeof forwardSchema>>): CustomAction {
  const groups = groupsOf(config.ServerGroups, (one) => ({ weight: one.Weight ?? fullWeight }));
  const sticky = config.ServerGroupStickySession;
  const stickiness = sticky?.Enabled === true ? { stickiness: { enabled: true, timeout: sticky.Timeout ?? stickySeconds } } : {};
  return { type: 'ForwardGroup', groups, ...stickiness };
}

/** Weights of mirrors mean nothing and are dropped. */
export const makeMirror = (config: z.output<ReturnType<typeof mirrorSchema>>): CustomAction => ({
  type: 'TrafficMirror',
  groups: groupsOf(config.MirrorGroupConfig.ServerGroupTuples, () => ({})),
});
