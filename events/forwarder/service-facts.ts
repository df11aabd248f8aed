/** What the forwarder keeps of a Service: where its servers come from, and which Pods are its own. */
import type { KubeObject } from '#shared/kube/port.ts';
import { readAnnotation } from '#shared/model/annotations/annotation.ts';
import { backendLabel, removeUnscheduled, serverGroupId } from '#shared/model/annotations/service.ts';
import { backendMode } from '#shared/model/backend-mode.ts';
import { needsNodes } from '#shared/model/members-source.ts';
import type { NodeWish } from '#shared/model/nodes.ts';
import type { Service, Site } from '#shared/model/wish.ts';
import { digest } from './digest.ts';
import { annotationsOf } from './intent.ts';

/** How nodes become servers of a Service. */
export interface NodePorts extends NodeWish {
  /** Endpoints make no difference, but on virtual nodes: policy Cluster. */
  readonly anyNode: boolean;
}

export interface ServiceFacts {
  /** `namespace/name`. */
  readonly service: string;
  readonly digest: string;
  /** Labels of its Pods; absent or empty: it chooses none. */
  readonly selector?: Readonly<Record<string, string>>;
  /** Bound to a server group by annotation, which makes it ours without any Ingress. */
  readonly bound?: true;
  /** In groups that are not of bare addresses its servers are nodes; absent: they are Pods. */
  readonly nodePorts?: NodePorts;
}

function nodePortsOf(service: Service, site: Pick<Site, 'podAddresses'>): NodePorts | undefined {
  const { mode } = backendMode(service, { ...site, groupType: 'Instance' });
  if (mode === undefined || !needsNodes({ mode })) return undefined;
  // What cannot be read is told by those who build groups; here it asks for nothing.
  const nodeLabels = readAnnotation(backendLabel, service).value;
  const schedulableOnly = readAnnotation(removeUnscheduled, service).value === 'on';
  return {
    anyNode: mode === 'cluster',
    ...(nodeLabels === undefined ? {} : { nodeLabels }),
    ...(schedulableOnly ? { schedulableOnly } : {}),
  };
}

/** A Service has no generation, so its spec is compared. */
export const projectService =
  (site: Pick<Site, 'podAddresses'>) =>
  (object: KubeObject): ServiceFacts => {
    // The API server has checked it against the schema of Services.
    const service = object as Service;
    const { metadata, spec } = service;
    const selector = spec?.selector;
    const nodePorts = nodePortsOf(service, site);
    return {
      service: `${metadata.namespace ?? ''}/${metadata.name}`,
      digest: digest(metadata.uid, annotationsOf(metadata), spec),
      ...(selector === undefined ? {} : { selector }),
      // A wrong value counts as bound: the lane is to tell about it.
      ...(readAnnotation(serverGroupId, service).value === '' ? {} : { bound: true }),
      ...(nodePorts === undefined ? {} : { nodePorts }),
    };
  };
