/**
 * The three families of annotations that end in the name of a Service: they concern the paths of this Ingress whose backend has that name.
 */
import type { GroupStickiness, PlainAction, RuleCondition, RuleDirection } from '#shared/cloud/alb/port.ts';

/** A group as an action names it: an existing one by id, or that of a Service port in the namespace of the Ingress. */
export type NamedGroup =
  | { readonly serverGroupId: string; readonly service?: never }
  | { readonly service: string; readonly port: number; readonly serverGroupId?: never };

/** An action as it is written in `actions.<service>`, canonical and with its defaults filled in. */
export type CustomAction =
  | PlainAction
  | {
      readonly type: 'ForwardGroup';
      readonly groups: readonly (NamedGroup & { readonly weight: number })[];
      readonly stickiness?: GroupStickiness;
    }
  | { readonly type: 'TrafficMirror'; readonly groups: readonly NamedGroup[] };

/** What the three families say about one backend Service. Absent members were not written. */
export interface CustomRule {
  readonly actions?: readonly CustomAction[];
  readonly conditions?: readonly RuleCondition[];
  readonly direction?: RuleDirection;
}
