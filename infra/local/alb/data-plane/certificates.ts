/**
 * Certificates of the emulated cloud. Its one authority stands for every public one; a certificate is issued when a client first asks for
 * a host, and names the id that the listener has (as organization), so that it can be seen which one was served.
 */
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Authority, Leaf } from '../../authority.ts';

/** Loaded with the first certificate (0.5 s): most emulators never make one. */
const maker = () => import('../../authority.ts');

/** A client that names no host (RFC 6066, 3: none by address) reaches the listener by one of these. */
const withoutHost = { commonName: 'localhost', hosts: ['localhost'], addresses: ['127.0.0.1'] };

/** What can stand in a certificate as it is. */
const hostForm = /^(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/;

/** Hosts beyond these make room: whoever asks for ever new ones must not fill the memory. */
const mostLeaves = 1000;

/** A certificate, and what a handshake needs of it. */
interface Served extends Leaf {
  readonly context: SecureContext;
}

export class Certificates {
  readonly #leaves = new Map<string, Promise<Served>>();
  #authority: Promise<Authority> | undefined;

  /** Made when first asked for. */
  authority(): Promise<Authority> {
    this.#authority ??= maker().then(({ createAuthority }) => createAuthority('albeit-local-cloud'));
    return this.#authority;
  }

  /** The certificate of a listener for a host; an empty or impossible host gets the one for this machine. */
  leaf(certificateId: string, host: string): Promise<Served> {
    const name = hostForm.test(host.toLowerCase()) ? host.toLowerCase() : '';
    const key = `${certificateId}/${name}`;
    const known = this.#leaves.get(key);
    if (known !== undefined) return known;
    if (this.#leaves.size >= mostLeaves) this.#leaves.clear();
    const made = this.#issue(certificateId, name);
    this.#leaves.set(key, made);
    return made;
  }

  async #issue(organization: string, host: string): Promise<Served> {
    // 64 characters fit into a common name (RFC 5280, appendix A.1); clients go by the other names.
    const names = host === '' ? withoutHost : { commonName: host.slice(0, 64), hosts: [host], addresses: [] };
    const { issueLeaf } = await maker();
    const leaf = await issueLeaf(await this.authority(), { ...names, organization });
    return { ...leaf, context: createSecureContext({ cert: leaf.certificate, key: leaf.key }) };
  }
}
