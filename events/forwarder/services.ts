/** The Services of the cluster by namespace, for those who ask which of them take a Pod. */
import { selects } from '#shared/model/selector.ts';
import type { ServiceFacts } from './service-facts.ts';

/** `shop/coffee` -> `shop`. */
export const namespaceOf = (service: string): string => service.slice(0, service.indexOf('/'));

export class Services {
  readonly #byNamespace = new Map<string, Map<string, ServiceFacts>>();

  get(service: string): ServiceFacts | undefined {
    return this.#byNamespace.get(namespaceOf(service))?.get(service);
  }

  put(facts: ServiceFacts): void {
    const namespace = namespaceOf(facts.service);
    const known = this.#byNamespace.get(namespace);
    if (known === undefined) this.#byNamespace.set(namespace, new Map([[facts.service, facts]]));
    else known.set(facts.service, facts);
  }

  remove({ service }: ServiceFacts): void {
    const namespace = namespaceOf(service);
    const known = this.#byNamespace.get(namespace);
    known?.delete(service);
    if (known?.size === 0) this.#byNamespace.delete(namespace);
  }

  /** Those of a namespace that take a Pod with these labels, as `namespace/name`. */
  selecting(namespace: string, labels: Readonly<Record<string, string>>): readonly string[] {
    const known = [...(this.#byNamespace.get(namespace)?.values() ?? [])];
    return known.filter(({ selector }) => selects(selector, labels)).map(({ service }) => service);
  }
}
