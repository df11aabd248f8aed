/** The doors of the emulators, as this program uses them. */

/** One open listener of an emulated load balancer, from the ALB emulator's `GET /_/state`. */
export interface OpenListener {
  readonly loadBalancerId: string;
  readonly listenerId: string;
  readonly protocol: string;
  readonly port: number;
  readonly url: string;
}

export interface AlbDoorState {
  readonly dataPlane: readonly OpenListener[];
  readonly loadBalancers: readonly {
    readonly LoadBalancerId: string;
    readonly Tags?: readonly { readonly Key: string; readonly Value: string }[];
  }[];
}

/** How long a door may take to answer, in ms. */
const doorMs = 5_000;

/** Whom clients of the HTTPS listeners of an emulated ALB must trust, as PEM text. */
export async function readAuthority(albUrl: string): Promise<string> {
  const answer = await fetch(`${albUrl}/_/authority`, { signal: AbortSignal.timeout(doorMs) });
  if (!answer.ok) throw new Error(`GET ${albUrl}/_/authority answered ${answer.status}`);
  return answer.text();
}

export async function readDoor<T>(url: string, path: string): Promise<T> {
  const answer = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(doorMs) });
  if (!answer.ok) throw new Error(`GET ${url}${path} answered ${answer.status}`);
  return (await answer.json()) as T; // our own emulator; its shape is documented
}
