/** What a local Kubernetes API is to the program that starts it, whichever of the two it is. */
import type { LocalService } from '../service.ts';

/** A Kubernetes API on loopback, over https. */
export interface KubernetesService extends LocalService {
  /** Path of a kubeconfig that holds its certificate authority and the token of an administrator. */
  readonly kubeconfig: string;
  /** `embedded` = the API of this folder, in memory; `assets` = the real binaries. */
  readonly kind: 'embedded' | 'assets';
}
