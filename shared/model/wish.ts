/**
 * What the API server says about one AlbConfig at one moment: the whole input of `buildStack`. Endpoints are not in it: they enter only the
 * server lists, which the member lane keeps.
 */
import type { AlbConfigKey } from '#events/contract/messages.ts';
import type { KubeObject } from '#shared/kube/port.ts';

export interface IngressBackend {
  readonly service?: { readonly name: string; readonly port?: { readonly name?: string; readonly number?: number } };
  readonly resource?: { readonly apiGroup?: string; readonly kind: string; readonly name: string };
}

export interface IngressPath {
  readonly path?: string;
  readonly pathType: 'Exact' | 'Prefix' | 'ImplementationSpecific';
  readonly backend: IngressBackend;
}

export interface Ingress extends KubeObject {
  readonly spec?: {
    readonly ingressClassName?: string;
    readonly defaultBackend?: IngressBackend;
    readonly tls?: readonly { readonly hosts?: readonly string[]; readonly secretName?: string }[];
    readonly rules?: readonly { readonly host?: string; readonly http?: { readonly paths: readonly IngressPath[] } }[];
  };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly hostname?: string; readonly ip?: string }[] } };
}

export interface IngressClass extends KubeObject {
  readonly spec?: {
    readonly controller?: string;
    readonly parameters?: { readonly apiGroup?: string; readonly kind: string; readonly name: string };
  };
}

export interface Service extends KubeObject {
  readonly spec?: {
    readonly type?: string;
    readonly clusterIP?: string;
    readonly externalTrafficPolicy?: string;
    /** The first is the one that servers are reached by. Absent: IPv4. */
    readonly ipFamilies?: readonly string[];
    /** Of type LoadBalancer; absent: true. */
    readonly allocateLoadBalancerNodePorts?: boolean;
    /** Labels of its Pods; absent or empty: it chooses none. */
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly {
      readonly name?: string;
      readonly port: number;
      readonly targetPort?: number | string;
      readonly nodePort?: number;
      readonly protocol?: string;
      readonly appProtocol?: string;
    }[];
  };
}

export interface EndpointSlice extends KubeObject {
  readonly addressType: 'IPv4' | 'IPv6' | 'FQDN';
  readonly endpoints: readonly {
    readonly addresses: readonly string[];
    readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean };
    readonly targetRef?: { readonly kind?: string; readonly name?: string; readonly namespace?: string; readonly uid?: string };
    readonly nodeName?: string;
  }[];
  readonly ports?: readonly { readonly name?: string; readonly port?: number; readonly protocol?: string }[];
}

/** The AlbConfig as stored, before its schema is applied. */
export interface RawAlbConfig extends KubeObject {
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

export interface Wish {
  readonly key: AlbConfigKey;
  /** Absent: it does not exist (any more). */
  readonly albConfig: RawAlbConfig | undefined;
  readonly ingressClasses: readonly IngressClass[];
  /** Every Ingress of the cluster that names this AlbConfig, by class or annotation; being deleted or not. */
  readonly ingresses: readonly Ingress[];
  /** The Services that those Ingresses name, by `namespace/name`. A Service that is not here does not exist. */
  readonly services: ReadonlyMap<string, Service>;
}

/** Facts about the installation that the model needs. */
export interface Site {
  readonly cluster: string;
  readonly region: string;
  readonly vpcId: string;
  /** Every Service is reached by pod address, as if it were annotated so (what a cluster-wide default of the cloud provider says). */
  readonly podAddresses?: boolean;
  /** Rules that one ALB of this account holds, default rules not counted; absent: what the service grants without asking. */
  readonly rulesPerLoadBalancer?: number;
}
